#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::inbox {

/// Where a document in the spool comes from, kept with the file in the extended attribute
/// "user.chunkrd.document", so that its name is not lost with the queue. A small JSON; bytes are escaped
/// (core/escape.h).
struct Label {
  std::string inbox;     ///< its path as configured
  std::string name;      ///< the document's, below it
  std::string identity;  ///< Identity::text() of the document as it settled

  bool operator==(const Label&) const = default;

  /// Puts it on the open file. Not there afterwards, and no error, where the filesystem has no such
  /// attributes (tmpfs of old kernels, some NFS), it is too long, or the file is somebody else's; and never
  /// put on a file that has a second name: that one may be the user's. To be synced with the file. Changes
  /// its ctime.
  void put_on(int fd) const noexcept;
};

/// Nothing where there is none, or none that can be understood. Blocking.
std::optional<Label> label_of(const std::filesystem::path& file);

/// Takes it off a file that leaves the spool, if there is one. Not an error when that fails: it says nothing
/// but where the document came from.
void take_label_off(int fd) noexcept;
void take_label_off(const std::filesystem::path& file) noexcept;

}  // namespace chunkrd::inbox
