#include "cli/job_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <optional>

#include "core/errors.h"
#include "core/escape.h"
#include "outbox/manifest.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using queue::Job;

constexpr std::size_t kCandidatesShown = 10;
constexpr std::size_t kIdLength = 26;

bool can_begin_an_id(std::string_view text) {
  const auto fits = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'); };
  return !text.empty() && text.size() <= kIdLength && std::ranges::all_of(text, fits);
}

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

[[noreturn]] void refuse_ambiguous(const std::string& name, std::string_view why,
                                   const std::vector<Job>& candidates) {
  std::string text = fmt::format("job {}: {}:", printable(name), why);
  for (std::size_t i = 0; i < std::min(candidates.size(), kCandidatesShown); ++i)
    text += fmt::format("\n  {}  {}  {}", candidates[i].id, to_string(candidates[i].state),
                        printable(candidates[i].name));
  if (candidates.size() > kCandidatesShown) text += "\n  ... and more";
  throw UserError(ExitCode::usage, text);
}

std::optional<Job> by_id(queue::Store& store, const std::string& name) {
  const std::string prefix = lower(name);
  if (!can_begin_an_id(prefix)) return std::nullopt;
  const auto candidates = store.with_prefix(prefix, kCandidatesShown + 1);
  if (candidates.size() > 1) refuse_ambiguous(name, "several ids begin so; give more of it", candidates);
  if (candidates.empty()) return std::nullopt;
  return candidates.front();
}

// Without links in its folder; the document itself may be gone by now, or be a link.
fs::path resolved(const fs::path& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path, error).lexically_normal();
  const fs::path folder = fs::weakly_canonical(whole.parent_path(), error);
  return error ? whole : folder / whole.filename();
}

// The name of `path` below `folder`, nothing if it is not below.
std::optional<std::string> below(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  const fs::path root = fs::weakly_canonical(folder, error);
  const std::string prefix = (error ? folder : root).native() + '/';
  if (!path.native().starts_with(prefix) || path.native().size() == prefix.size()) return std::nullopt;
  return path.native().substr(prefix.size());
}

// "a/report~1a2b3c4d.pdf" -> "a/report.pdf": the name without what told two documents of one name apart; see
// outbox::candidate(). Empty where there is no such mark.
std::string unmarked(const std::string& name) {
  const auto mark = name.rfind('~');
  if (mark == std::string::npos || name.find('/', mark) != std::string::npos) return {};
  const auto dot = name.find('.', mark);
  return name.substr(0, mark) + (dot == std::string::npos ? "" : name.substr(dot));
}

// "x~folder/a.pdf" -> "x/a.pdf": the folders as the inbox has them; see outbox::Folder::below(). Others end
// so, too.
std::string with_own_folders(std::string name) {
  constexpr std::string_view kMark = "~folder/";
  for (auto at = name.find(kMark); at != std::string::npos; at = name.find(kMark, at))
    name.erase(at, kMark.size() - 1);
  return name;
}

std::optional<Job> put_away_as(queue::Store& store, const std::string& inbox, const std::string& name) {
  for (const std::string& own : {name, with_own_folders(name)}) {
    if (auto job = store.named(inbox, own, name)) return job;
    if (const std::string plain = unmarked(own); !plain.empty())
      if (auto job = store.named(inbox, plain, name)) return job;
  }
  return std::nullopt;
}

// An original on a shelf. Rows from before the daemon noted the name it has there are known by their own.
std::optional<Job> on_shelf(queue::Store& store, const std::string& inbox, const std::string& name) {
  if (auto job = put_away_as(store, inbox, name)) return job;
  auto job = store.named(inbox, name);
  if (job && job->original_name.empty()) return job;
  return std::nullopt;
}

std::optional<Job> in_failed(queue::Store& store, const std::string& inbox, const std::string& name) {
  constexpr std::string_view kReport = ".error.json";
  if (auto job = on_shelf(store, inbox, name)) return job;
  if (name.ends_with(kReport)) return on_shelf(store, inbox, name.substr(0, name.size() - kReport.size()));
  return std::nullopt;
}

// A result: its name is the document's with an ending behind it. Which ending, the job's manifest says.
bool delivered(const Job& job, const fs::path& outbox, const std::string& name) {
  try {
    const auto manifest = outbox::read_manifest(outbox / ".chunkrd" / "manifests" / (job.id + ".json"));
    if (!manifest) return false;
    if (manifest->layout == outbox::Layout::folder && manifest->name() == name) return true;
    return std::ranges::any_of(manifest->files,
                               [&](const auto& file) { return manifest->path_of(file).native() == name; });
  } catch (const std::runtime_error&) {
    // It is damaged: the name alone has to do.
    return !job.delivered_name.empty() && name.starts_with(job.delivered_name);
  }
}

std::optional<Job> in_outbox(queue::Store& store, const config::Inbox& inbox, const std::string& name) {
  // With `layout: folder` the folder has the document's name.
  for (const std::string& path : {name, fs::path(name).parent_path().native()}) {
    std::string part = path;
    while (!part.empty()) {
      if (auto job = put_away_as(store, inbox.path.native(), part);
          job && delivered(*job, inbox.outbox, name))
        return job;
      const auto dot = part.rfind('.');
      if (dot == std::string::npos || part.find('/', dot) != std::string::npos) break;
      part.resize(dot);
    }
  }
  return std::nullopt;
}

std::optional<Job> by_path(queue::Store& store, const config::Settings& settings, const std::string& name) {
  const fs::path path = resolved(name);
  for (const config::Inbox& inbox : settings.inboxes) {
    const std::string& key = inbox.path.native();
    std::optional<Job> job;
    if (const auto there = below(path, inbox.path)) job = store.named(key, *there);
    if (const auto there = below(path, inbox.outbox); !job && there) job = in_outbox(store, inbox, *there);
    if (const auto there = below(path, inbox.failed); !job && there) job = in_failed(store, key, *there);
    if (inbox.archive && !job)
      if (const auto there = below(path, *inbox.archive)) job = on_shelf(store, key, *there);
    if (job) return job;
  }
  return std::nullopt;
}

// As `chunkrd jobs` prints it.
std::optional<Job> by_name(queue::Store& store, const config::Settings& settings, const std::string& name) {
  std::vector<Job> found;
  for (const config::Inbox& inbox : settings.inboxes)
    if (auto job = store.named(inbox.path.native(), unprintable(name))) found.push_back(std::move(*job));
  if (found.size() > 1)
    refuse_ambiguous(name, "several inboxes had a document of this name; give its id", found);
  if (found.empty()) return std::nullopt;
  return found.front();
}

}  // namespace

std::string_view short_id(std::string_view id) {
  constexpr std::size_t kShown = 14;
  return id.substr(0, kShown);
}

Job job_named(queue::Store& store, const config::Settings& settings, const std::string& name) {
  if (auto job = by_id(store, name)) return *job;
  if (auto job = by_path(store, settings, name)) return *job;
  if (auto job = by_name(store, settings, name)) return *job;
  throw UserError(
      ExitCode::no_input,
      fmt::format("job {}: no job's id begins so, and no document is known by that name, or that path in the "
                  "configured folders; `chunkrd jobs` lists them (documents that ended long ago are "
                  "forgotten: see retention in "
                  "docs/configuration.md)",
                  printable(name)));
}

std::vector<Job> jobs_named(queue::Store& store, const config::Settings& settings,
                            std::span<const std::string> names) {
  std::vector<Job> jobs;
  for (const std::string& name : names) {
    Job job = job_named(store, settings, name);
    if (std::ranges::find(jobs, job.id, &Job::id) == jobs.end()) jobs.push_back(std::move(job));
  }
  return jobs;
}

}  // namespace chunkrd::cli
