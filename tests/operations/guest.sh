# A throwaway guest: source it. An overlay of the tree (see `tree`), booted with a real systemd by systemd-nspawn.
#   open_guest BUILD     makes $guest (its files) and $work; unmounted and removed when the script ends
#   packages_of BUILD    prints the folder of the Debian packages of these programs, made if need be
#   make_later DEB FILE  the same package a version later, with another configuration file as shipped
#   boot STORY SECONDS   boots it and runs /root/STORY there; what it prints comes out, its exit status is the result
# Where this machine does not boot a guest, or does not give its services their sandboxes, the test is skipped.
operations=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

open_guest() {
  [[ $(id -u) -eq 0 ]] || skip_all "needs root"
  command -v systemd-nspawn >/dev/null || skip_all "systemd-nspawn is not installed (package systemd-container)"
  local tree
  tree=$("$operations/tree" "$1") || skip_all "no tree to boot"
  work=$(mktemp -d "${TMPDIR:-/var/tmp}/chunkrd-guest.XXXXXX")
  guest=$work/root
  trap close_guest EXIT
  mkdir "$work/exchange"
  mount_over "$tree" "$work/bare" || skip_all "this system does not mount an overlay"
  boots_here "$work/bare/root" || skip_all "this machine does not boot a guest with sandboxes: $(tail -n 1 "$work/console")"
  mount_over "$tree" "$work"
}

mount_over() { # TREE FOLDER: at FOLDER/root, what is written stays in FOLDER
  mkdir -p "$2"/{upper,inner,root}
  mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/inner" "$2/root" 2>/dev/null || return 1
  rm -f "$2/root/etc/machine-id"
  systemd-machine-id-setup --root="$2/root" >/dev/null 2>&1
}

# With nothing of ours in it. The story's own service is one in a sandbox, with what our units want of the kernel.
boots_here() { # ROOT
  local guest=$1
  mkdir -p "$guest/etc/systemd/system/story.service.d"
  cat >"$guest/etc/systemd/system/story.service.d/sandbox.conf" <<'UNIT'
[Service]
ExecStart=
ExecStart=/bin/true
User=nobody
PrivateUsers=yes
PrivateMounts=yes
PrivateTmp=yes
PrivateDevices=yes
PrivateIPC=yes
ProtectSystem=strict
ProtectProc=invisible
ProcSubset=pid
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ReadWritePaths=/exchange
RestrictNamespaces=yes
SystemCallFilter=@system-service
ExecStopPost=
ExecStopPost=+/bin/bash -c 'echo "$EXIT_STATUS" > /exchange/status; systemctl exit "$EXIT_STATUS"'
UNIT
  boot true 60 >/dev/null
}

close_guest() {
  local root
  for root in "$work/bare/root" "$work/root"; do
    ! mountpoint -q "$root" || umount "$root" 2>/dev/null || umount -l "$root" 2>/dev/null || true
  done
  rm -rf "$work"
  rmdir /sys/fs/cgroup/unified/{payload,supervisor} 2>/dev/null || true
}

packages_of() {
  local program folder=$operations/../../build/package
  for program in dpkg-buildpackage dh lintian; do
    command -v $program >/dev/null || skip_all "$program is not installed (packages dpkg-dev, debhelper, lintian)" >&2
  done
  if [[ -z $(find "$folder" -name 'chunkrd_*.deb' -newer "$1/chunkrd" 2>/dev/null) ]]; then
    "$operations/../../scripts/package" --built "$1" >&2
  fi
  realpath "$folder"
}

make_later() {
  dpkg-deb -R "$1" "$work/later"
  sed -i 's/^Version: .*/&+later/' "$work/later/DEBIAN/control"
  echo '# A later default.' >>"$work/later/etc/chunkrd/chunkrd.yaml"
  (cd "$work/later" && md5sum etc/chunkrd/chunkrd.yaml >>DEBIAN/md5sums)
  dpkg-deb -Znone -b "$work/later" "$2" >/dev/null
}

boot() {
  local story=$1 seconds=$2 status
  cat >"$guest/etc/systemd/system/story.service" <<UNIT
[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/bash /root/$story
ExecStopPost=/bin/bash -c 'echo "\$EXIT_STATUS" > /exchange/status; systemctl exit "\$EXIT_STATUS"'
StandardOutput=file:/exchange/story
StandardError=file:/exchange/story
UNIT
  cp "$operations/story.sh" "$guest/root/"
  ln -sf /etc/systemd/system/story.service "$guest/etc/systemd/system/default.target.wants/story.service" 2>/dev/null ||
    { mkdir -p "$guest/etc/systemd/system/default.target.wants"
      ln -sf /etc/systemd/system/story.service "$guest/etc/systemd/system/default.target.wants/story.service"; }
  : >"$work/exchange/story"
  rm -f "$work/exchange/status"
  SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 timeout --kill-after=10 "$seconds" systemd-nspawn --quiet --register=no --keep-unit \
    --private-network -D "$guest" --bind="$work/exchange:/exchange" --console=pipe --boot systemd.log_target=journal \
    </dev/null >"$work/console" 2>&1 || status=$?
  cat "$work/exchange/story"
  status=$(cat "$work/exchange/status" 2>/dev/null) || status=none
  if [[ $status == none ]]; then
    echo "the story did not come to its end within ${seconds} s; the console:"
    tail -n 30 "$work/console"
    journalctl -D "$guest/var/log/journal" -n 40 --no-pager 2>/dev/null || true
    return 1
  fi
  [[ $status == 0 ]]
}
