#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "local/server/options.h"

namespace chunkrd::local {

/// The parser's knowledge of documents in the server's words.
std::optional<InputType> detect_input(const std::filesystem::path& document, std::string_view file_name);

/// The parser's `parse` command.
int run_parse(const std::filesystem::path& order);

}  // namespace chunkrd::local
