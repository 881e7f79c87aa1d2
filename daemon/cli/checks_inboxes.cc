#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>

#include "cli/checks.h"
#include "cli/open_queue.h"
#include "cli/state_lock.h"
#include "core/escape.h"
#include "inbox/names.h"
#include "inbox/scan.h"
#include "inbox/tree.h"
#include "inbox/writers.h"
#include "pipeline/lifecycle.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Level = Finding::Level;
using pipeline::lifecycle::Meeting;

// A person waits for the answer.
constexpr std::size_t kFilesMax = 200'000;
constexpr std::size_t kEntriesAtOnce = 4096;
// What the daemon does takes a moment.
constexpr auto kMoment = 10s;

// Files of which the same is to be told.
struct Group {
  std::size_t count = 0;
  std::string example;  ///< the first: its path
  void add(const fs::path& path) {
    if (count++ == 0) example = printable(path.native());
  }
};

// What there is in one inbox.
struct Contents {
  Group waiting, overdue, being_written, left, unclear, forbidden;
  Group sticky;  ///< folders
  bool all = true;
};

// Whom the daemon runs as: we may be root, who may do everything.
uid_t user_of_daemon(const config::Settings& settings) {
  struct stat state{};
  if (::geteuid() == 0 && ::stat(settings.state.c_str(), &state) == 0) return state.st_uid;
  return ::geteuid();
}

class Walk {
 public:
  Walk(const config::Inbox& inbox, queue::SqliteStore* store, uid_t user)
      : inbox_(inbox), store_(store), user_(user), names_(inbox.ignore) {}

  Contents look() {
    const auto tree = inbox::Tree::open(inbox_.path);
    if (!tree) return {};  // told with the folders
    std::vector<std::string> pending{""};
    while (!pending.empty() && found_.all) {
      const auto folder = std::move(pending.back());
      pending.pop_back();
      try {
        list(*tree, folder, pending);
      } catch (const std::system_error&) {
        found_.unclear.add(inbox_.path / folder);
      }
    }
    return std::move(found_);
  }

 private:
  void list(const inbox::Tree& tree, const std::string& folder, std::vector<std::string>& pending) {
    auto fd = tree.folder(folder);
    if (!fd && inbox::means_gone(fd.error())) return;
    if (!fd) return found_.unclear.add(inbox_.path / folder);
    const bool sticky = note_sticky(fd->get(), folder);
    const bool writable = may_write(fd->get());
    inbox::Listing listing(folder, std::move(*fd));
    inbox::Known nothing;
    inbox::Listing::Piece piece;
    while (!piece.last && found_.all) {
      piece = listing.next(names_, nothing, inbox::Depth::files, kEntriesAtOnce);
      std::ranges::move(piece.folders, std::back_inserter(pending));
      for (const auto& file : piece.files) {
        if (++looked_at_ > kFilesMax) found_.all = false;
        sort_in(tree, file, sticky, writable);
      }
    }
  }

  // Whether files of others in this folder are not ours to move.
  bool note_sticky(int folder, const std::string& name) {
    struct stat status{};
    if (inbox_.originals == config::Originals::keep || user_ == 0 || ::fstat(folder, &status) != 0 ||
        (status.st_mode & S_ISVTX) == 0 || status.st_uid == user_)
      return false;
    found_.sticky.add(inbox_.path / name);
    return true;
  }

  bool may_write(int folder) const {
    return inbox_.originals == config::Originals::keep || user_ != ::geteuid() ||
           ::faccessat(folder, ".", W_OK | X_OK, AT_EACCESS) == 0;
  }

  void sort_in(const inbox::Tree& tree, const inbox::Sighting& file, bool sticky, bool writable) {
    if (names_.judge(inbox::split(file.name).base) != inbox::Names::Verdict::document) return;
    const fs::path path = inbox_.path / file.name;
    if (file.kind == inbox::Kind::unclear) return found_.unclear.add(path);
    if (file.kind != inbox::Kind::file) return;
    if (!writable || (sticky && owner_of(tree, file.name) != user_)) return found_.forbidden.add(path);
    switch (meeting(file)) {
      case Meeting::in_hand:
        return;
      case Meeting::left:
        return found_.left.add(path);
      case Meeting::take:
      case Meeting::later:
        if (!is_overdue(file.identity)) return found_.waiting.add(path);
        return (is_being_written(tree, file.name) ? found_.being_written : found_.overdue).add(path);
    }
  }

  std::optional<uid_t> owner_of(const inbox::Tree& tree, const std::string& name) const {
    const auto parts = inbox::split(name);
    const auto folder = tree.folder(parts.folder);
    struct stat status{};
    if (!folder || ::fstatat(folder->get(), parts.base.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
      return std::nullopt;
    return status.st_uid;
  }

  static bool is_being_written(const inbox::Tree& tree, const std::string& name) {
    const auto parts = inbox::split(name);
    const auto folder = tree.folder(parts.folder);
    return folder && inbox::writers_of(folder->get(), parts.base) == inbox::Writers::some;
  }

  Meeting meeting(const inbox::Sighting& file) {
    if (store_ == nullptr) return Meeting::take;
    return pipeline::lifecycle::meet(
        store_->standing_of(inbox_.path.native(), file.name, file.identity.text()), inbox_.originals, now_);
  }

  // By its ctime, which nobody sets, a daemon should have found it.
  bool is_overdue(const inbox::Identity& file) const {
    const auto settled = std::min<Duration>(10 * inbox_.settle, std::max<Duration>(60s, inbox_.settle));
    const WallTime changed(std::chrono::duration_cast<Duration>(std::chrono::nanoseconds(file.ctime_ns)));
    return now_ - changed > settled + inbox_.rescan + kMoment;
  }

  const config::Inbox& inbox_;
  queue::SqliteStore* const store_;
  const uid_t user_;
  const inbox::Names names_;
  const WallTime now_ = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
  std::size_t looked_at_ = 0;
  Contents found_;
};

// Without the queue nobody knows what is in hand; that it cannot be read is told elsewhere.
std::optional<queue::SqliteStore> readable_queue(const config::Settings& settings) {
  std::error_code error;
  if (!fs::exists(queue_file(settings), error)) return std::nullopt;
  try {
    return std::optional<queue::SqliteStore>(std::in_place, queue_file(settings),
                                             queue::SqliteOptions{.access = queue::Access::read});
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

class Report {
 public:
  Report(const std::string& key, Findings& findings) : key_(key), findings_(findings) {}

  void tell(const Group& group, Level level, std::string_view what, std::string_view advice) const {
    if (group.count == 0) return;
    const auto others = group.count > 1 ? fmt::format(" and {} more", group.count - 1) : "";
    findings_.push_back({"inboxes", level, fmt::format("{}: {}{}: {}", key_, group.example, others, what),
                         std::string(advice)});
  }

 private:
  const std::string key_;
  Findings& findings_;
};

void tell(const Contents& found, const std::string& key, bool running, Findings& findings) {
  const Report report(key, findings);
  report.tell(
      found.forbidden, Level::error,
      "may not be moved by the daemon: the folder is sticky and the file another user's, or the folder "
      "is not writable",
      "make the daemon's user the folder's owner, or chmod -t it; or set originals: keep");
  if (found.forbidden.count == 0)
    report.tell(found.sticky, Level::warning,
                "sticky and another user's: what other users put there may not be moved by the daemon",
                "make the daemon's user the folder's owner, or chmod -t it; or set originals: keep");
  report.tell(found.unclear, Level::error, "cannot be looked at", "look there yourself: ls -la");
  report.tell(found.left, Level::warning,
              "lies there although its document has ended: it is not taken again while it stays as it is",
              "`chunkrd show NAME` tells how it ended; `touch` it to have it taken once more, or remove it");
  report.tell(found.being_written, Level::warning, "is not taken while somebody has it open for writing",
              "`fuser FILE` tells who");
  if (!running)
    report.tell(found.overdue, Level::warning, "waits for the daemon", "");
  else
    report.tell(found.overdue, Level::warning, "should have been taken by now, and nobody works on it",
                "the daemon's log tells why; `systemctl reload chunkrd` has it look at everything again");
  if (!found.all)
    findings.push_back(
        {"inboxes", Level::ok, fmt::format("{}: only {} files were looked at", key, kFilesMax), ""});
  const bool trouble = found.forbidden.count + found.unclear.count + found.left.count + found.overdue.count +
                           found.being_written.count + found.sticky.count >
                       0;
  if (!trouble)
    findings.push_back(
        {"inboxes", Level::ok,
         fmt::format(
             "{}: everything there is in hand{}", key,
             found.waiting.count > 0 ? fmt::format(", or has just come ({})", found.waiting.count) : ""),
         ""});
}

// Who may not look cannot say so; another check has told that.
bool daemon_runs(const config::Settings& settings) {
  try {
    return StateLock::is_held(settings.state);
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

void check_inboxes(const config::Settings& settings, Findings& findings) {
  auto store = readable_queue(settings);
  const bool running = daemon_runs(settings);
  const uid_t user = user_of_daemon(settings);
  for (std::size_t i = 0; i < settings.inboxes.size(); ++i) {
    const config::Inbox& inbox = settings.inboxes[i];
    if (std::error_code error; !fs::is_directory(inbox.path, error)) continue;
    const auto found = Walk(inbox, store ? &*store : nullptr, user).look();
    tell(found, fmt::format("inboxes[{}]", i), running, findings);
  }
}

}  // namespace chunkrd::cli
