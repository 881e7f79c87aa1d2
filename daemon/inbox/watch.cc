#include "inbox/watch.h"

#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <boost/asio/redirect_error.hpp>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/escape.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {
namespace {

// Not IN_MODIFY: a file that is being written would tell so thousands of times, and settling finds out
// anyway. Not IN_ATTRIB: a chmod is no new document.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_DELETE_SELF | IN_MOVE_SELF;
constexpr std::uint32_t kWatch = kEvents | IN_ONLYDIR | IN_DONT_FOLLOW | IN_EXCL_UNLINK;

// As many as the kernel's own queue holds by default (fs.inotify.max_queued_events).
constexpr std::size_t kNamesMax = 16384;

int open_inotify() {
  const int fd = ::inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
  if (fd < 0)
    throw std::system_error(errno, std::generic_category(), "inotify (see fs.inotify.max_user_instances)");
  return fd;
}

}  // namespace

Watch::Watch(Executor loop, std::filesystem::path root)
    : inotify_(std::move(loop), open_inotify()), root_(std::move(root)) {}

Watch::Added Watch::add(const std::string& folder) {
  // The root may be a link, what is below it may not.
  const auto mask = folder.empty() ? kWatch & ~std::uint32_t{IN_DONT_FOLLOW} : kWatch;
  const auto path = folder.empty() ? root_ : root_ / folder;
  const int watch = ::inotify_add_watch(inotify_.native_handle(), path.c_str(), mask);
  if (watch < 0) {
    if ((errno == ENOSPC || errno == ENOMEM) && !std::exchange(warned_, true))
      spdlog::warn(
          "inbox {}: no more folders can be watched, from {} on they are only scanned; raise the sysctl "
          "fs.inotify.max_user_watches",
          printable(root_.native()), printable(folder));
    return Added::not_at_all;
  }
  const auto [known, is_new] = folders_.try_emplace(folder, watch);
  if (!is_new && known->second == watch) return Added::before;
  if (!is_new) {  // another folder of the same name has taken its place
    release(known);
    folders_.emplace(folder, watch);
  }
  // A folder that was moved, and is met at its new place before the event is read, has the same watch.
  if (const auto old = by_watch_.find(watch); old != by_watch_.end()) folders_.erase(old->second);
  by_watch_[watch] = folder;
  return Added::now;
}

void Watch::clear() {
  while (!folders_.empty()) release(folders_.begin());
  names_.clear();
}

void Watch::release(Folders::iterator folder) {
  // Fails when the folder is gone and the kernel has dropped the watch itself.
  (void)::inotify_rm_watch(inotify_.native_handle(), folder->second);
  by_watch_.erase(folder->second);
  folders_.erase(folder);
}

void Watch::forget(const std::string& folder) {
  if (const auto self = folders_.find(folder); self != folders_.end()) release(self);
  const auto prefix = folder + "/";
  while (true) {
    const auto below = folders_.lower_bound(prefix);
    if (below == folders_.end() || !below->first.starts_with(prefix)) return;
    release(below);
  }
}

awaitable<bool> Watch::read() {
  boost::system::error_code error;
  co_await inotify_.async_wait(asio::posix::stream_descriptor::wait_read,
                               asio::redirect_error(asio::use_awaitable, error));
  if (!inotify_.is_open() || error == asio::error::operation_aborted) co_return false;
  if (error) throw boost::system::system_error(error, "inotify");

  alignas(inotify_event) std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::read(inotify_.native_handle(), buffer.data(), buffer.size());
  if (got < 0 && errno != EAGAIN && errno != EINTR)
    throw boost::system::system_error(errno, boost::system::system_category(), "inotify");
  for (const char* at = buffer.data(); at < buffer.data() + got;) {
    const auto& event = *reinterpret_cast<const inotify_event*>(at);
    take_in(event);
    at += sizeof(inotify_event) + event.len;
  }
  co_return true;
}

void Watch::close() {
  inotify_.close();
}

void Watch::take_in(const inotify_event& event) {
  if (event.mask & IN_Q_OVERFLOW) overflowed_ = true;
  const auto watched = by_watch_.find(event.wd);
  if (watched == by_watch_.end()) return;  // of a folder that is no longer ours
  const auto folder = watched->second;
  if (event.mask & (IN_IGNORED | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) {
    if (folder.empty()) {
      root_left_ = true;
    } else if (event.mask & (IN_MOVE_SELF | IN_UNMOUNT)) {
      overflowed_ = true;  // its parent should have told; that it did not means that we missed something
    }
    forget(folder);
  } else if (event.len > 0) {
    auto name = join(folder, event.name);
    // A folder that left takes its watches along: from now on they would speak of another place.
    if ((event.mask & IN_ISDIR) && (event.mask & (IN_MOVED_FROM | IN_DELETE))) forget(name);
    touch(std::move(name));
  }
}

void Watch::touch(std::string name) {
  if (names_.size() < kNamesMax) {
    names_.insert(std::move(name));
  } else if (!names_.contains(name)) {
    overflowed_ = true;
  }
}

std::vector<std::string> Watch::take_names() {
  std::vector<std::string> names;
  names.reserve(names_.size());
  while (!names_.empty()) names.push_back(std::move(names_.extract(names_.begin()).value()));
  return names;
}

}  // namespace chunkrd::inbox
