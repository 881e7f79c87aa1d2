#pragma once

#include <yaml-cpp/yaml.h>

#include "config/problems.h"

namespace chunkrd::config {

/// The one YAML document in `problems.file()`. Throws ConfigErrors when it cannot be read, is not UTF-8 or
/// not YAML, is empty, or when there are several.
YAML::Node load_document(Problems& problems);

}  // namespace chunkrd::config
