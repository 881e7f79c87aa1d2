#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/fd.h"

namespace chunkrd::local::server {

/// A regular file that is open for reading. What it is called meanwhile no longer matters.
struct StoredFile {
  FileDescriptor file;
  std::uint64_t size_bytes = 0;
};

/// Opens `name` ("run-1/images/a.png") below a folder, one step after the other: no step is a link, "..",
/// "." or empty, so it never leads out of the folder. Nothing if there is no such regular file.
/// Throws std::system_error if it may be there but cannot be opened: no descriptors, a failing disk.
std::optional<StoredFile> open_below(int folder_fd, std::string_view name);

}  // namespace chunkrd::local::server
