#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/asking.h"
#include "cli/command.h"

namespace chunkrd::cli {

/// What retry, cancel, delete and reprocess have in common: several jobs, an answer for each, and the choice
/// to wait for what becomes of it.
struct Acting {
  std::filesystem::path config_file;
  std::vector<std::string> jobs;
  bool json = false;
  double wait_seconds = 0;

  void add_options(CLI::App& parser);
};

/// Is the job at a point at which the wish has come to its end, whatever that is?
using IsOver = std::function<bool(const queue::Job& job)>;
/// The wish for one job; nothing to leave it alone, with the reason printed by then.
using WishFor = std::function<std::optional<pipeline::lifecycle::Wish>(const queue::Job& job)>;

/// Finds all the jobs first, so that a command does all that it was asked for or nothing; then asks for each,
/// prints what becomes of it, and says with the exit code whether every wish was granted.
ExitCode act(const Acting& options, const config::Settings& settings, const WishFor& wish_for,
             const IsOver& is_over);

/// Prints what became of one job: for a refusal on standard error.
void tell(const Acting& options, const queue::Job& job, const std::string& outcome, const std::string& text);

}  // namespace chunkrd::cli
