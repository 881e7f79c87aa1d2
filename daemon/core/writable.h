#pragma once

#include <filesystem>
#include <system_error>

namespace chunkrd {

/// Why nothing can be written to `folder` now: a small file is written there, synced, and gone before anybody
/// could see it. Where there is no such folder, in the one above it: who needs it makes it there. No error
/// where that works, or neither is there. Blocking.
std::error_code why_not_writable(const std::filesystem::path& folder) noexcept;

/// EROFS where the file system of `folder` takes no changes; nothing is tried. Blocking.
std::error_code why_read_only(const std::filesystem::path& folder) noexcept;

}  // namespace chunkrd
