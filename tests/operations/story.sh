# What the operations tests are written with: source it. Each check is a sentence and a command; what failed shows its output.
# `finish` at the end: exit 1 if a check failed.
checks=0
failures=0

check() { # SENTENCE COMMAND...
  local sentence=$1 output began=$SECONDS took
  shift
  checks=$((checks + 1))
  if output=$("$@" 2>&1); then
    took=$((SECONDS - began))
    echo "ok      $sentence$([[ $took -lt 3 ]] || echo " ($took s)")"
  else
    failures=$((failures + 1))
    printf 'FAILED  %s\n        %s\n' "$sentence" "$*"
    sed 's/^/        | /' <<<"$output"
  fi
}

# Says what cannot be tried here, and why. ctest calls an exit code of 77 skipped.
skip_all() {
  echo "skipped: $1"
  exit 77
}

not() { ! "$@"; }

says() { # TEXT COMMAND...: the command succeeds and prints TEXT
  local text=$1 output
  shift
  output=$("$@" 2>&1) || { echo "$output"; return 1; }
  echo "$output"
  grep -qF -- "$text" <<<"$output"
}

refuses() { # CODE TEXT COMMAND...: the command ends with CODE and says TEXT
  local code=$1 text=$2 output status=0
  shift 2
  output=$("$@" 2>&1) || status=$?
  echo "$output (exit $status)"
  [[ $status == "$code" ]] && grep -qF -- "$text" <<<"$output"
}

within() { # SECONDS COMMAND...: looks until the command succeeds
  local until=$(($(date +%s) + $1)) output
  shift
  until output=$("$@" 2>&1); do
    if (($(date +%s) > until)); then
      echo "not within its time: $*"
      echo "$output"
      return 1
    fi
    read -rt 0.1 <> <(:) || true
  done
}

finish() {
  echo "$((checks - failures)) of $checks checks passed"
  [[ $failures -eq 0 ]]
}
