#pragma once

#include <filesystem>
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
/// its place between a check and its use. Names are single components.
///
/// Blocking: file pool. Everything throws std::system_error with the path in its text.
class Folder {
 public:
  explicit Folder(std::filesystem::path path);

  /// The folder `folders` below this one, made durably where it is not there. Never goes through a link:
  /// where a component is taken by something that is no folder, "NAME~folder" is used in its place.
  Folder below(const std::vector<std::string>& folders) const;

  /// The same, if it is there; nothing when it is not, or only through a link.
  std::optional<Folder> existing(const std::vector<std::string>& folders) const;

  const std::filesystem::path& path() const noexcept { return path_; }

  /// What below() went through to come here, as it is named on disk.
  const std::vector<std::string>& names() const noexcept { return names_; }

  /// Whether anything (a dangling link too) has this name.
  bool has(const std::string& name) const;

  /// Renames `from` to `name` in this folder, never replacing: false when the name is taken. Durable only
  /// after sync(), as with all that follows. On a filesystem that cannot refuse to replace (NFS, many of
  /// FUSE) a file is linked and unlinked; dying in between, a repeated call ends it.
  bool move_in(const std::filesystem::path& from, const std::string& name) const;

  /// Renames the same way out of this folder.
  bool move_out(const std::string& name, const std::filesystem::path& to) const;

  /// Renames `from` to `name`, which is replaced.
  void replace(const std::filesystem::path& from, const std::string& name) const;

  /// Puts `from` at `name` and what was there at `from`: at once where the filesystem can.
  void exchange(const std::filesystem::path& from, const std::string& name) const;

  void remove(const std::string& name) const;

  /// Removes the file `name`, if it is a regular one with this content.
  Removal remove_if_content(const std::string& name, const std::string& sha256) const;

  /// Removes the folder `name` if it is empty. False when it is not, or is no folder.
  bool remove_if_empty(const std::string& name) const;

  /// Makes the names in this folder durable.
  void sync() const;

 private:
  Folder(std::filesystem::path path, std::vector<std::string> names, FileDescriptor fd)
      : path_(std::move(path)), names_(std::move(names)), fd_(std::move(fd)) {}

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
