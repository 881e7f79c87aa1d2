#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

/// `chunkrd show JOB`: a document's whole story.
Command add_show(CLI::App& program);

}  // namespace chunkrd::cli
