#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

#include "local/server/options.h"

namespace chunkrd::local {

/// What the parser knows about documents, in the server's words. Blocking; throws as detect_type() does.
std::optional<server::InputType> detect_input(const std::filesystem::path& document,
                                              std::string_view file_name);

}  // namespace chunkrd::local
