#pragma once

#include <yaml-cpp/yaml.h>

#include <string_view>

#include "config/problems.h"

namespace chunkrd::config {

/// The one YAML document in `problems.file()`. Throws ConfigErrors when it cannot be read, is not UTF-8 or
/// not YAML, is empty, or when there are several. `if_empty`: what such a file should have held.
YAML::Node load_document(Problems& problems, std::string_view if_empty);

}  // namespace chunkrd::config
