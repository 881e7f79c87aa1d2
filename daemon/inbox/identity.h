#pragma once

#include <cstdint>
#include <string>

struct stat;

namespace chunkrd::inbox {

/// What makes a file this very file: device, inode, size, mtime and ctime. A rename into the inbox with an
/// old mtime (cp -p, rsync -t) changes ctime, so nothing here compares with "the last scan".
struct Identity {
  std::uint64_t device = 0, inode = 0, size_bytes = 0;
  std::int64_t mtime_ns = 0, ctime_ns = 0;

  static Identity of(const struct stat& file) noexcept;
  std::string text() const;
  /// The inverse of text(). Throws std::invalid_argument.
  static Identity from(const std::string& text);
  bool operator==(const Identity&) const = default;
};

}  // namespace chunkrd::inbox
