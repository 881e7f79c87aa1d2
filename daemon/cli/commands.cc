#include "cli/commands.h"

#include "cli/check.h"
#include "cli/completion.h"
#include "cli/control.h"
#include "cli/jobs.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/show.h"
#include "cli/status.h"
#include "cli/wishes.h"

namespace chunkrd::cli {

// A new command is one more line here; help, completion and the tests of every command read this list.
std::vector<Command> add_commands(CLI::App& program) {
  return {
      add_run(program),        add_check(program),  //
      add_status(program),     add_jobs(program),           add_show(program),   add_report(program),
      add_retry(program),      add_reprocess(program),      add_cancel(program), add_delete(program),
      add_pause(program),      add_resume(program),         add_drain(program),  //
      add_completion(program), add_complete_words(program),
  };
}

}  // namespace chunkrd::cli
