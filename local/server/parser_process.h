#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "local/server/options.h"

namespace chunkrd::local::server {

/// How a parser process ended.
enum class ParserEnd {
  succeeded,      ///< exit 0
  refused,        ///< exit 2: error.txt says why
  not_installed,  ///< exit 69: likewise; something that parsing needs is missing
  shortage,       ///< exit 71: likewise; the machine has run out of something
  crashed,        ///< any other exit, a signal, too much output
  timed_out,
  interrupted,  ///< stopped because this program stops
};

/// Runs `parser parse order` as a process group of its own with limits on processor time, memory and file
/// sizes, and waits for it. Lines that it prints are given to `on_line`, the last one of those that come
/// together. Whatever it started is killed at the end, also at the end of this program by SIGKILL.
/// `stop_fd` becomes readable when this program stops. Throws std::system_error if it cannot be started.
ParserEnd run_parser(const std::filesystem::path& parser, const std::filesystem::path& order,
                     const std::filesystem::path& folder, const ParserLimits& limits, int stop_fd,
                     const std::function<void(const std::string&)>& on_line);

}  // namespace chunkrd::local::server
