#pragma once

#include <vector>

#include "config/entry.h"
#include "config/settings.h"

namespace chunkrd::config {

/// `artifacts:`. The JSON is always made, and first, also where the list leaves it out.
Reader<std::vector<Artifact>> artifact_list();

}  // namespace chunkrd::config
