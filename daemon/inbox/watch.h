#pragma once

#include <sys/inotify.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/async.h"

namespace chunkrd::inbox {

/// inotify on an inbox: collects the names below it where something has happened.
///
/// What it says is only a hint to look there; the order and kind of events are not kept, and the same name
/// is kept once. When too many names pile up, or the kernel's queue overflows, they are dropped and
/// overflowed() asks for a scan instead. Event-loop thread only.
class Watch {
 public:
  /// Throws std::system_error where inotify is not to be had (fs.inotify.max_user_instances).
  Watch(Executor loop, std::filesystem::path root);

  enum class Added { now, before, not_at_all };

  /// Watches `folder` ("" is the root). `not_at_all` where the limit is reached, with one warning in this
  /// object's life, or where the folder is gone.
  Added add(const std::string& folder);

  bool covers(const std::string& folder) const { return folders_.contains(folder); }

  /// Watches nothing any more, for example because the root is another folder now.
  void clear();

  /// Waits for events and takes them in. False when the watch was closed. Throws boost::system::system_error.
  awaitable<bool> read();
  void close();

  /// The names where something happened since the last call, sorted.
  std::vector<std::string> take_names();

  /// Whether events were lost since the last call.
  bool take_overflowed() noexcept { return std::exchange(overflowed_, false); }

  /// Whether the root was removed, moved or unmounted since the last call.
  bool take_root_left() noexcept { return std::exchange(root_left_, false); }

 private:
  using Folders = std::map<std::string, int>;

  void take_in(const inotify_event& event);
  void touch(std::string name);
  void forget(const std::string& folder);  ///< and everything below it
  void release(Folders::iterator folder);  ///< tells the kernel too

  asio::posix::stream_descriptor inotify_;
  std::filesystem::path root_;
  Folders folders_;  ///< name below the root -> watch descriptor
  std::unordered_map<int, std::string> by_watch_;
  std::set<std::string> names_;
  bool overflowed_ = false, root_left_ = false, warned_ = false;
};

}  // namespace chunkrd::inbox
