#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::local::server {

/// Fetches the document behind an http or https URL into the new file `into`, as the service does: the
/// status is not looked at (contract). Answers with the document's name, from Content-Disposition or the
/// last part of the path, empty if neither has one; nothing if the server cannot be reached, stops in the
/// middle, or sends more than `bytes_max`. Blocking, up to minutes.
std::optional<std::string> fetch(const std::string& url, const std::filesystem::path& into,
                                 std::uint64_t bytes_max);

}  // namespace chunkrd::local::server
