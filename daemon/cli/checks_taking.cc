#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "cli/checks.h"
#include "cli/open_queue.h"
#include "cli/running_daemon.h"
#include "core/escape.h"
#include "inbox/spool.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;

// Only the daemon itself knows: a sandbox or a container may mount the folders apart.
std::vector<DaemonStatus::Inbox> told_by_daemon(const config::Settings& settings) {
  try {
    std::error_code error;
    if (!fs::exists(queue_file(settings), error)) return {};
    auto store = open_queue(settings, queue::Access::read);
    const auto daemon = running_daemon(store, settings);
    return daemon.status ? daemon.status->inboxes : std::vector<DaemonStatus::Inbox>();
  } catch (const std::exception&) {
    return {};  // told with the queue
  }
}

// The folder itself, or what it will be made in.
fs::path existing(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::string as_it_looks_here(const config::Inbox& inbox, const fs::path& state) {
  const auto folders = inbox::Spool::folders_for(inbox.path, state);
  if (!inbox::Spool::rename_works(inbox.path, existing(state)))
    return fmt::format("moved into {} by a rename: state lies on another mount",
                       printable(folders.back().native()));
  return fmt::format(
      "moved into {} by a rename, or into {} if the daemon's sandbox mounts the two apart (its unit does)",
      printable(folders.front().native()), printable(folders.back().native()));
}

std::string way_of(const config::Inbox& inbox, const fs::path& state,
                   const std::vector<DaemonStatus::Inbox>& told) {
  if (inbox.originals == config::Originals::keep)
    return fmt::format("copied into {}, originals stay",
                       printable(inbox::Spool::folders_for(inbox.path, state).front().native()));
  const auto daemon = std::ranges::find(told, printable(inbox.path.native()), &DaemonStatus::Inbox::path);
  if (daemon == told.end() || daemon->spool.empty()) return as_it_looks_here(inbox, state);
  return fmt::format("moved into {} by a rename", harmless(daemon->spool));
}

}  // namespace

void check_taking(const config::Settings& settings, Findings& findings) {
  const auto told = told_by_daemon(settings);
  for (std::size_t i = 0; i < settings.inboxes.size(); ++i) {
    const config::Inbox& inbox = settings.inboxes[i];
    std::error_code error;
    if (!fs::is_directory(inbox.path, error)) continue;
    try {
      const std::string way = way_of(inbox, settings.state, told);
      findings.push_back(
          {"folders", Finding::Level::ok,
           fmt::format("inboxes[{}].path ({}): documents are {}", i, printable(inbox.path.native()), way),
           ""});
    } catch (const std::system_error&) {
      // What cannot be looked at is told with the folders.
    }
  }
}

}  // namespace chunkrd::cli
