#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/fd.h"

namespace chunkrd {

/// A folder that documents lie in is not there now: its filesystem is not mounted, or it was moved away.
/// Nothing is known of what it holds, so nothing that was not found there is lost. It is to be waited for.
class FolderGone : public std::runtime_error {
 public:
  /// `why` and what to do about it, for people.
  FolderGone(std::filesystem::path folder, const std::string& why);
  const std::filesystem::path& folder() const noexcept { return folder_; }

 private:
  std::filesystem::path folder_;
};

/// A folder on a filesystem that may come and go: an inbox, the spool, an outbox, the archive, failed/.
///
/// A mount that is missing leaves an empty folder at its mount point, which looks like one that somebody has
/// emptied. So a mark with a random id lies with the folder, and the state folder remembers the id and the
/// mount point that the folder lay below: without its mark, it is taken for the same folder, made anew, only
/// while it lies on the same mount. An empty mark (`touch`) says that the folder is meant to be there from
/// now on.
///
/// Blocking: file pool; several threads may. Throws std::system_error when something else fails, a shortage
/// of this machine included.
class Ground {
 public:
  enum class Kind {
    open,      ///< anybody may remove it: it is made anew. The mark is .chunkrd/id
    precious,  ///< what lies in it is there only once: it is for us alone, and made only where it never was
               ///< before. The mark is spool.id beside it
    theirs     ///< an inbox: nothing is made there, nor marked. Below another mount than before it is taken
               ///< for an empty mount point as long as nothing lies in it
  };

  /// Nothing is looked at yet. `state`: the folder with our memory.
  Ground(std::filesystem::path folder, const std::filesystem::path& state, Kind kind);

  const std::filesystem::path& path() const noexcept { return folder_; }

  /// Opens the folder; makes it where it may be made, but never what lies above it. Throws FolderGone.
  FileDescriptor open() const;

  /// Is there a folder? Makes nothing. Throws FolderGone where it may be there and cannot be seen.
  bool exists() const;

  /// Was it ever opened, as far as we remember?
  bool is_known() const;

  /// Why what is at its path says nothing about the folder, where it is because the filesystem that the
  /// folder lies on is not mounted. Makes nothing, and remembers nothing.
  std::optional<FolderGone> hidden() const;

 private:
  struct Known {
    std::string id;
    std::string mount;  ///< the mount point it lies below
  };
  std::optional<Known> recall() const;
  void remember(const Known& known) const;
  FileDescriptor look() const;
  std::optional<std::string> mark_in(int folder) const;
  FileDescriptor open_otherwise(FileDescriptor folder) const;
  FileDescriptor open_theirs() const;
  FileDescriptor make() const;
  FolderGone elsewhere(const Known& known) const;
  [[noreturn]] void gone(const std::string& why) const;

  std::filesystem::path folder_, memory_;
  Kind kind_;
  mutable std::mutex mutex_;
  mutable std::string id_;  ///< as last seen; guarded by mutex_
};

/// Every folder that was ever in use with this state folder, and is there with its own mark, by kind. Inboxes
/// have none. Whatever the configuration says by now. Blocking.
struct Remembered {
  std::vector<std::filesystem::path> open, precious;
};
Remembered remembered_in(const std::filesystem::path& state);

}  // namespace chunkrd
