#pragma once

#include "cli/command.h"

namespace chunkrd::cli {

Command add_pause(CLI::App& program);
Command add_resume(CLI::App& program);
Command add_drain(CLI::App& program);
Command add_reload(CLI::App& program);

}  // namespace chunkrd::cli
