#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.h"

namespace chunkrd::outbox {

/// What became of a file that is to be removed only if it is the one that is meant.
enum class Removal {
  removed,
  gone,     ///< it is not there, or only through a link
  another,  ///< something else has its name, and stays
};

/// An open directory, and what we do with the names in it. Because it is held open, nobody can put a link in
/// its place between a check and its use, and no path that it lies under can be too long. Names are single
/// components.
///
/// Blocking: file pool. Everything throws std::system_error with the path in its text.
class Folder {
 public:
  explicit Folder(std::filesystem::path path);
  /// The same for a directory that is open already, at `path`.
  Folder(std::filesystem::path path, FileDescriptor opened)
      : path_(std::move(path)), fd_(std::move(opened)) {}

  /// Whether the folder `folder`, called `name` in `parent`, is not for what below() is asked for.
  using Taken = std::function<bool(const Folder& parent, const Folder& folder, const std::string& name)>;

  /// The folder `folders` below this one, made durably where it is not there. Never goes through a link:
  /// where a component is taken by something that is no folder, or is `taken`, "NAME~folder" is used in its
  /// place; where the file system has no such name, portable(NAME).
  Folder below(const std::vector<std::string>& folders, const Taken& taken = {}) const;

  /// The same, if it is there; nothing when it is not, or only through a link.
  std::optional<Folder> existing(const std::vector<std::string>& folders) const;

  /// The folder `name`, made durably where it is not there, for us alone: a link in its place, or anything
  /// else, is an error, because what lies behind it is somebody else's.
  Folder own(const std::string& name) const;

  /// For messages. It may be longer than what the system takes.
  const std::filesystem::path& path() const noexcept { return path_; }

  /// What below() went through to come here, as it is named on disk.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// Whether anything (a dangling link too) has this name.
  bool has(const std::string& name) const;
  /// What has this name, never through a link.
  std::optional<struct stat> status(const std::string& name) const;
  bool has_folder(const std::string& name) const;
  /// All names in it, sorted.
  std::vector<std::string> entries() const;

  /// Whether the file system refuses `name`, whatever it is for; tried in this folder, which has to be one of
  /// our own.
  bool refuses(const std::string& name) const;

  /// Opens the regular file `name` to be read. Anything else of that name is EINVAL.
  FileDescriptor open_file(const std::string& name) const;

  /// Creates the file `name`, which must not be there.
  FileDescriptor create(const std::string& name) const;

  /// The whole of a small file of ours; nothing when it is not there.
  std::optional<std::string> read(const std::string& name) const;

  /// Creates or replaces the file `name`, durably.
  void write(const std::string& name, std::string_view bytes) const;

  /// Renames `name` to `as` in `to`, never replacing: false when that is taken. Durable only after sync(), as
  /// with all that follows. On a filesystem that cannot refuse to replace (NFS, many of FUSE) a file is
  /// linked and unlinked; dying in between, a repeated call ends it.
  bool move(const std::string& name, const Folder& to, const std::string& as) const;
  /// The same from anywhere into this folder.
  bool move_in(const std::filesystem::path& from, const std::string& name) const;

  /// Renames `name` to `as` in `to`, into which nobody else puts anything, by one rename everywhere: what is
  /// put at `name` meanwhile stays. False when `name` is gone, or `as` is there.
  bool take(const std::string& name, const Folder& to, const std::string& as) const;

  /// Renames `name` to `as` in `to`, where it replaces a file.
  void replace(const std::string& name, const Folder& to, const std::string& as) const;
  /// The same from anywhere into this folder.
  void replace(const std::filesystem::path& from, const std::string& name) const;

  /// Lets `name` and `as` in `with` change places, at once. False on a filesystem that cannot.
  bool exchange(const std::string& name, const Folder& with, const std::string& as) const;

  /// What is gone already is no error.
  void remove(const std::string& name) const;

  /// Removes the file `name`, if it is a regular one with this content.
  Removal remove_if_content(const std::string& name, const std::string& sha256) const;

  /// Removes the folder `name` if it is empty. False when it is not, or is no folder.
  bool remove_if_empty(const std::string& name) const;

  /// Removes `name` with all that is in it: only for what nobody else can have put anything into.
  void remove_tree(const std::string& name) const;

  /// Nobody else may look into it from now on.
  void make_private() const;

  /// Makes the names in this folder durable.
  void sync() const;

  /// open_file(), or none when there is no regular file of that name.
  FileDescriptor open_if_file(const std::string& name) const;

  int descriptor() const noexcept { return fd_.get(); }

 private:
  Folder(std::filesystem::path path, std::vector<std::string> names, FileDescriptor fd)
      : path_(std::move(path)), names_(std::move(names)), fd_(std::move(fd)) {}

  Folder self() const;
  Folder child(const std::string& name, FileDescriptor fd) const;

  std::filesystem::path path_;
  std::vector<std::string> names_;
  FileDescriptor fd_;
};

/// Whether anything (a dangling link too) is at `path`.
bool is_there(const std::filesystem::path& path);

/// Whether both paths name one file.
bool are_one_file(const std::filesystem::path& one, const std::filesystem::path& other);

/// The whole of a small file of ours; nothing when it is not there.
std::optional<std::string> read_if_there(const std::filesystem::path& path);

/// Opens the directory `path` and makes its names durable; one that is gone is no error.
void sync_if_there(const std::filesystem::path& path);

}  // namespace chunkrd::outbox
