#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

Command add_retry(CLI::App& program);
Command add_cancel(CLI::App& program);
Command add_delete(CLI::App& program);
Command add_reprocess(CLI::App& program);

}  // namespace chunkrd::cli
