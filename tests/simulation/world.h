#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/clock.h"
#include "tests/simulation/simulated_service.h"

namespace chunkrd::simulation {

/// What happens where the daemon ends and the rest of the world begins. Each is off unless a plan says so.
struct Borders {
  int clock_steps = 0;         ///< the machine's clock is set, by minutes, days or to another century
  bool stops = false;          ///< after a crash nothing runs for a while, in which the clock may be set, too
  int inbox_gone = 0;          ///< times in which the inbox is not there, or an empty folder is in its place
  int spool_gone = 0;          ///< the same of the spool
  bool late_sidecars = false;  ///< some come seconds after their documents, before or after they have settled
  bool late_writers = false;   ///< some writers go on after their files were taken
  int moved_places = 0;        ///< reloads that change where results and originals go
  int storms = 0;  ///< of wishes for one document, and of commands to the daemon, with kills between
  int documents_per_day = 0;  ///< the budget; 0: none
  int rebuilds = 0;           ///< of a queue that is damaged, gone, or of an earlier day
  int names_again = 0;  ///< so often some names are used once more, and somebody takes away what lies there

  bool operator==(const Borders&) const = default;
};

/// What a run is made of. The same plan ends the same, always.
struct Plan {
  std::uint64_t seed = 1;
  int documents = 200;
  int crashes = 8;
  int wishes = 60;  ///< of people: cancel, retry, reprocess, delete
  Weather weather;
  Borders borders = {};
  bool retention =
      false;  ///< what is over is forgotten soon: in the end nothing is left but results and failures
};

/// How a run ended.
struct Verdict {
  std::vector<std::string> problems;  ///< empty: every promise was kept
  int delivered = 0, failed = 0, crashes = 0;
  int wishes = 0;                  ///< that were asked for
  int rebuilds = 0;                ///< of the queue
  int full_days = 0;               ///< at whose ends documents waited for nothing but the budget
  int unavoidable_duplicates = 0;  ///< two paid tasks because the service hid the first one
  std::uint64_t requests = 0, polls = 0;
  std::uint64_t healthy = 0;  ///< questions to /health that were answered
  Duration took{0};           ///< simulated
};

/// Runs the real scheduler, steps, lifecycle and queue on this thread against a simulated service, with
/// crashes in which everything in memory is dropped, until every document has come to its end; then looks
/// whether each is accounted for once. `folder` must be empty; real files, spool and outbox live there.
Verdict run(const Plan& plan, const std::filesystem::path& folder);

}  // namespace chunkrd::simulation
