#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "local/server/stored_file.h"

namespace chunkrd::local::server {

/// A body that is made while it is sent. Blocking, shortly: it reads local files a block at a time.
class BodySource {
 public:
  virtual ~BodySource() = default;

  /// Replaces `piece` with the next bytes; false, and `piece` empty, at the end.
  /// Throws std::system_error when a file cannot be read.
  virtual bool next(std::string& piece) = 0;

  /// The size of all that next() will give, if that is known beforehand.
  virtual std::optional<std::uint64_t> size_bytes() const { return std::nullopt; }
};

/// A text that is there already.
std::unique_ptr<BodySource> text_source(std::string text);

/// A whole file, as it is.
std::unique_ptr<BodySource> file_source(StoredFile file);

/// `size_bytes` of a file from `offset` on; less if it ends before.
std::unique_ptr<BodySource> file_source(StoredFile file, std::uint64_t offset, std::uint64_t size_bytes);

/// A whole file in base64.
std::unique_ptr<BodySource> base64_source(StoredFile file);

/// One source after the other.
std::unique_ptr<BodySource> joined_source(std::vector<std::unique_ptr<BodySource>> parts);

}  // namespace chunkrd::local::server
