#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace chunkrd::local {

/// The whole file. Throws std::system_error.
std::string bytes_of(const std::filesystem::path& file);

/// At most as many of its first bytes. Throws std::system_error.
std::string first_bytes_of(const std::filesystem::path& file, std::size_t most);

/// Writes a file that nobody needs after a crash. All that the parser writes goes through here or through
/// core/durable, never through a program that it starts: so a full disk is known for what it is.
/// Throws std::system_error.
void write_bytes(const std::filesystem::path& file, std::string_view bytes);

}  // namespace chunkrd::local
