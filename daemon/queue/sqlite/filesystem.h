#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace chunkrd::queue {

/// The name of the network (or FUSE) filesystem that statfs(2)'s `f_type` stands for; nothing if it is
/// another kind.
std::optional<std::string_view> network_filesystem(std::uint64_t f_type) noexcept;

/// Throws StoreRefused if `file` would lie on a network filesystem: SQLite's WAL needs shared memory and
/// locks that really hold, and those file systems do not promise them.
void refuse_network_filesystem(const std::filesystem::path& file);

}  // namespace chunkrd::queue
