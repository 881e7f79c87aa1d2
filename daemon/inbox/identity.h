#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct stat;

namespace chunkrd::inbox {

/// What makes a file this very file: device, inode, size, mtime and ctime. A rename into the inbox with an
/// old mtime (cp -p, rsync -t) changes ctime, so nothing here compares with "the last scan".
struct Identity {
  std::uint64_t device = 0, inode = 0, size_bytes = 0;
  std::int64_t mtime_ns = 0, ctime_ns = 0;  ///< since 1970, modulo 2^64: to be compared, not to be told

  static Identity of(const struct stat& file) noexcept;

  /// "inode:size:mtime:ctime", for the queue's row. Without the device: its number may be another one after
  /// a reboot or remount, and a folder that keeps its originals must not be paid for twice then.
  std::string text() const;

  /// The inverse of text(), with device 0, which stands for any. Nothing if it is not such a text.
  static std::optional<Identity> from(std::string_view text) noexcept;

  /// Equal, except that a device of 0 on either side fits any.
  bool fits(const Identity& other) const noexcept;

  /// Inode, size and mtime are equal: what a rename(2) leaves as it was (it changes ctime).
  bool same_content(const Identity& other) const noexcept;

  bool operator==(const Identity&) const = default;
};

}  // namespace chunkrd::inbox
