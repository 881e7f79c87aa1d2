#include "pipeline/original.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>
#include <system_error>

#include "core/escape.h"
#include "core/lease.h"
#include "inbox/filesystem.h"
#include "inbox/label.h"
#include "inbox/presence.h"
#include "outbox/relative_name.h"
#include "pipeline/report.h"
#include "pipeline/sidecar.h"

namespace chunkrd::pipeline::original {
namespace {

using lifecycle::Returned;
using lifecycle::Stored;
using outbox::Folder;
using outbox::Lot;
using queue::Job;

constexpr const char* kReturned = "returned-";

Folder spool_of(const Place& home) {
  return {home.spool.folder(), home.spool.open()};
}

struct stat status_of(int fd, const Job& job) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    throw std::system_error(errno, std::generic_category(), "look at the original of job " + job.id);
  return status;
}

bool is_earlier(const timespec& one, const timespec& other) {
  return one.tv_sec != other.tv_sec ? one.tv_sec < other.tv_sec : one.tv_nsec < other.tv_nsec;
}

// Would a change that comes from now on show in the file's times? Not within the tick of the clock in which
// they were set last; nor where another machine's clock sets them.
bool changes_will_show(int fd, const struct stat& status) {
  timespec now{};
  return ::clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0 && is_earlier(status.st_mtim, now) &&
         is_earlier(status.st_ctim, now) && inbox::tells_of_changes(fd);
}

Reading read(const FileDescriptor& file, const Job& job, std::uint64_t bytes_max) {
  const auto before = status_of(file.get(), job);
  const bool will_show = changes_will_show(file.get(), before);
  (void)::lseek(file.get(), 0, SEEK_SET);
  Reading reading{sha256_of(file.get(), "the original of job " + job.id, bytes_max), {}, false};
  const auto after = status_of(file.get(), job);
  // Another ctime alone is chmod(1), a label, or a link that FUSE and NFS tell of only now: no writer leaves
  // size and mtime as they were, and what is sent is compared with the digest.
  const auto begun = inbox::Identity::of(before), ended = inbox::Identity::of(after);
  reading.changed = !begun.same_content(ended);
  if (will_show && begun == ended) reading.identity = ended.text();
  return reading;
}

// What may not be read is not there, as far as its content goes.
FileDescriptor open_readable(const Folder& folder, const std::string& base) {
  try {
    return folder.open_if_file(base);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::permission_denied && error.code() != std::errc::operation_not_permitted)
      throw;
    return {};
  }
}

/// `job` learns how it looks where its digest had to be read.
Standing compare(const FileDescriptor& file, Job& job, Look how) {
  // Nobody has read all of it: it is too large, or cannot be read, and its row knows nothing to compare.
  if (job.sha256.empty()) return Standing::as_known;
  const auto status = status_of(file.get(), job);
  if (static_cast<std::uint64_t>(status.st_size) != job.size_bytes) return Standing::changed;
  const auto known = inbox::Identity::from(job.spooled);
  if (known && known->fits(inbox::Identity::of(status))) return Standing::as_known;
  if (how == Look::brief && !known) return Standing::as_known;
  const Reading now = read(file, job, job.size_bytes);
  job.spooled = now.identity;
  return now.changed || now.digest.sha256 != job.sha256 ? Standing::changed : Standing::as_known;
}

// Holds a file still while it is put away: between the last look at it and its end nobody can have written to
// it, where the filesystem lets us see to that.
class Held {
 public:
  /// Throws std::runtime_error while somebody has it open for writing.
  explicit Held(const FileDescriptor& file) : lease_(file.get()) {
    if (lease_.state() == ReadLease::State::written)
      throw std::runtime_error(
          "somebody has the original open for writing: it is put away once it is closed, if it did not "
          "change");
  }

 private:
  const ReadLease lease_;
};

std::string in_folders(const outbox::RelativeName& name, const std::string& base) {
  std::string folders;
  for (const std::string& folder : name.folders()) folders += folder + '/';
  return folders + base;
}

// As Shelf::put_report() calls it.
std::string report_beside(const std::string& document) {
  constexpr std::string_view kReport = ".error.json";
  const outbox::RelativeName name(document);
  return in_folders(name, outbox::fitted(name.base(), kReport.size()).append(kReport));
}

// For a report without a document: that of a document which lies there stays.
std::string name_for_report(const outbox::Shelf& failed, const Job& job) {
  if (!failed.has(job.name) || is_in_failed(failed, job.name, job, true)) return job.name;
  const outbox::RelativeName name(job.name);
  return in_folders(name, outbox::candidate(2, name.base(), {.sha256 = job.sha256, .job_id = job.id}, 0));
}

void take_label_off(const outbox::Shelf& shelf, const std::string& name) {
  try {
    if (const auto file = shelf.open_file(name)) inbox::take_label_off(file.get());
  } catch (const std::system_error&) {
    // It says nothing but where the document came from.
  }
}

// Not to be put away as it is: it has changed. Else it is held, and nothing is said.
std::optional<Returned> changed(const Place& home, const Job& job, const FileDescriptor& file,
                                std::optional<Held>& held) {
  if (!file) return std::nullopt;
  // Before anybody is kept from writing: reading may take its time, and a writer need not wait for it.
  Job seen = job;
  Standing now = compare(file, seen, Look::thorough);
  if (now == Standing::as_known) {
    held.emplace(file);
    now = compare(file, seen, Look::thorough);
  }
  if (now == Standing::as_known) return std::nullopt;
  return give_back(home, job, "it was changed after it was submitted");
}

// Gone from the spool, an original is where it was bound for, unless that folder was moved to where the
// configuration says now.
outbox::Shelf shelf_for(const Place& home, const Job& job, const Folder& spool,
                        const std::optional<outbox::Shelf>& configured) {
  if (configured && (spool.has(job.id) || !job.bound_for.starts_with('/'))) return *configured;
  const auto there = std::make_shared<const Ground>(job.bound_for, home.state_folder, Ground::Kind::open);
  if (!there->exists() && configured) return *configured;
  outbox::Shelf bound_for(there);
  if (!configured || bound_for.has(bound_for.noted(job.id).value_or(job.name))) return bound_for;
  return *configured;
}

Stored archived(const Place& home, const Job& job, const Folder& spool) {
  outbox::Shelf archive = shelf_for(home, job, spool, home.archive);
  const Lot lot{.name = job.name, .job_id = job.id, .sha256 = job.sha256};
  const std::string name = archive.put(spool, job.id, lot);
  take_label_off(archive, name);
  sidecar::put(archive, home, job, name);
  return {name, "original archived as " + printable(name), archive.root().native()};
}

Stored dropped(const Place& home, const Job& job, const Folder& spool, std::string told) {
  spool.remove(job.id);
  sidecar::drop(home, job);
  spool.sync();
  return {{}, std::move(told), {}};
}

// A copy that was brought out of the archive to be submitted anew. It may be the last one by now.
std::optional<Stored> stays_in_archive(const Place& home, const Job& job, const Folder& spool) {
  if (job.original_name.empty() || !job.error_code.empty() || !home.archive) return std::nullopt;
  const auto file = home.archive->open_file(job.original_name);
  if (!file && spool.has(job.id)) return std::nullopt;
  spool.remove(job.id);
  spool.sync();
  return Stored{job.original_name, "original stays as " + printable(job.original_name),
                home.archive->root().native()};
}

}  // namespace

Reading read(const Place& home, const Job& job, std::uint64_t bytes_max) {
  const Folder spool = spool_of(home);
  const auto file = spool.open_if_file(job.id);
  if (!file)
    throw std::system_error(ENOENT, std::generic_category(),
                            "open " + printable(home.spool.path_of(job.id).native()));
  return read(file, job, bytes_max);
}

Standing look(const Place& home, const Job& job, Look how) {
  const Folder spool = spool_of(home);
  const auto file = spool.open_if_file(job.id);
  Job seen = job;
  return file ? compare(file, seen, how) : Standing::missing;
}

Returned give_back(const Place& home, const Job& job, const std::string& why) {
  if (home.spool.copies()) {
    (void)dropped(home, job, spool_of(home), {});
    return {why + ": the copy is dropped, the original stays in the inbox"};
  }
  const auto& path = home.rules.path;
  if (!std::filesystem::is_directory(path))
    throw FolderGone(path, "is not there: a document that is to go back there waits");
  const Folder spool = spool_of(home);
  if (const auto file = open_readable(spool, job.id)) inbox::take_label_off(file.get());
  outbox::Shelf inbox(path);
  // Without its digest: it is being changed. The note says that this call has done it.
  const std::string name = inbox.put(
      spool, job.id, {.name = job.name, .job_id = kReturned + job.id, .sha256 = {}, .mark = job.sha256});
  sidecar::give_back(inbox, home, job, name);
  return {fmt::format("{}: back in the inbox as {}, where it settles again", why, printable(name))};
}

std::optional<Returned> given_back(const Place& home, const Job& job) {
  if (!std::filesystem::is_directory(home.rules.path)) return std::nullopt;
  outbox::Shelf inbox(home.rules.path);
  const auto name = inbox.noted(kReturned + job.id);
  if (!name) return std::nullopt;
  sidecar::give_back(inbox, home, job, *name);
  return Returned{"it went back into the inbox as " + printable(*name)};
}

std::optional<Job> report_of(const outbox::Shelf& failed, const std::string& name) {
  const auto report = outbox::read_if_there(failed.path_of(report_beside(name)));
  return report ? job_in_report(*report) : std::nullopt;
}

void report_alone(outbox::Shelf failed, const Job& job, const std::string& report) {
  failed.put_report(name_for_report(failed, job), report);
}

bool is_in_failed(const outbox::Shelf& failed, const std::string& name, const Job& job, bool claimed) {
  const auto reported = report_of(failed, name);
  return reported ? reported->id == job.id : !claimed;
}

std::string bound_for(const config::Inbox& rules) {
  switch (rules.originals) {
    case config::Originals::archive:
      return rules.archive.value().native();
    case config::Originals::remove:
      return std::string(queue::kBoundForDeletion);
    case config::Originals::keep:
      break;
  }
  return std::string(queue::kBoundForInbox);
}

PutAway put_away(const Place& home, const Job& job) {
  const Folder spool = spool_of(home);
  // From failed/, when only an update at the service has made it a success.
  if (!job.error_code.empty() && !job.original_name.empty() && !spool.has(job.id)) {
    outbox::Shelf failed = home.failed;
    if (is_in_failed(failed, job.original_name, job, false) &&
        failed.give_back(job.original_name, spool, job.id))
      sidecar::bring_back(home, job);
  }
  if (home.spool.copies()) return dropped(home, job, spool, "original stays in the inbox");
  const auto file = open_readable(spool, job.id);
  if (!spool.has(job.id))
    if (auto returned = given_back(home, job)) return *returned;
  if (auto stored = stays_in_archive(home, job, spool)) return *stored;
  const std::string configured = bound_for(home.rules);
  const bool lies_in_spool = spool.has(job.id);
  if (lies_in_spool && job.bound_for != configured) return lifecycle::Destined{configured};
  std::optional<Held> held;
  if (auto returned = changed(home, job, file, held)) return *returned;
  const std::string& bound = lies_in_spool || job.bound_for.empty() ? configured : job.bound_for;
  if (bound == queue::kBoundForDeletion) return dropped(home, job, spool, "original deleted");
  // It was taken before the configuration said so.
  if (bound == queue::kBoundForInbox)
    return Stored{{}, give_back(home, job, "originals are kept by now").told, {}};
  return archived(home, job, spool);
}

PutAway bury(const Place& home, const Job& job, const std::string& report) {
  const Folder spool = spool_of(home);
  const std::string configured = home.failed.root().native();
  outbox::Shelf failed = home.failed;
  std::optional<Held> held;
  const auto file = open_readable(spool, job.id);
  if (!spool.has(job.id)) {
    failed = shelf_for(home, job, spool, home.failed);
    if (auto returned = given_back(home, job)) return *returned;
    const auto tree = inbox::Tree::open(home.rules.path);
    const auto identity = inbox::Identity::from(job.source_identity);
    if (tree && identity && inbox::presence_of(*tree, job.name, *identity) == inbox::Presence::there) {
      report_alone(failed, job, report);
      return Stored{{}, "its original stays in the inbox; the report is in failed/", failed.root().native()};
    }
  } else if (job.bound_for != configured) {
    return lifecycle::Destined{configured};
  } else if (!home.spool.copies() && job.error_code != "cancelled") {
    // Who has cancelled it does not want it submitted again.
    if (auto returned = changed(home, job, file, held)) return *returned;
  }
  const std::string name =
      failed.put(spool, job.id, {.name = job.name, .job_id = job.id, .sha256 = job.sha256});
  take_label_off(failed, name);
  sidecar::put(failed, home, job, name);
  failed.put_report(name, report);
  return Stored{name, "in failed/ as " + printable(name), failed.root().native()};
}

}  // namespace chunkrd::pipeline::original
