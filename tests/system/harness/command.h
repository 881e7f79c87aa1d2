#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::tests {

/// How a command ended and what it printed.
struct Ran {
  int exit_code = -1;    ///< -1 when a signal ended it
  std::string out, err;  ///< on a terminal all is in `out`
  long peak_kib = 0;     ///< the most memory it has had
};

struct RunOptions {
  std::map<std::string, std::string> environment{};  ///< added to the test's own, less NO_COLOR and COLUMNS
  std::optional<int> terminal_columns{};             ///< run it on a terminal so wide
  std::optional<unsigned> user{};                    ///< run as this user and group id (needs root)
  std::string output_file{};                         ///< standard output goes there, not into `out`
};

/// Runs a program to its end. Throws std::system_error when it cannot be started.
Ran run(std::vector<std::string> command, const RunOptions& options = RunOptions());

}  // namespace chunkrd::tests
