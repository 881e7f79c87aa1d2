#include "cli/commands.h"

#include "cli/check.h"
#include "cli/completion/completion.h"
#include "cli/control.h"
#include "cli/events.h"
#include "cli/init.h"
#include "cli/jobs.h"
#include "cli/process/process.h"
#include "cli/rebuild.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/show.h"
#include "cli/status.h"
#include "cli/wishes.h"

namespace chunkrd::cli {

// A new command is one more line here; help, completion and the tests of every command read this list.
std::vector<Command> add_commands(CLI::App& program) {
  std::vector<Command> commands;
  commands.push_back(add_run(program));
  commands.push_back(add_process(program));
  commands.push_back(add_init(program));
  commands.push_back(add_check(program));
  commands.push_back(add_status(program));
  commands.push_back(add_jobs(program));
  commands.push_back(add_show(program));
  commands.push_back(add_events(program));
  commands.push_back(add_report(program));
  commands.push_back(add_retry(program));
  commands.push_back(add_reprocess(program));
  commands.push_back(add_cancel(program));
  commands.push_back(add_delete(program));
  commands.push_back(add_pause(program));
  commands.push_back(add_resume(program));
  commands.push_back(add_drain(program));
  commands.push_back(add_reload(program));
  commands.push_back(add_rebuild(program));
  commands.push_back(add_completion(program));
  commands.push_back(add_complete_words(program));
  return commands;
}

}  // namespace chunkrd::cli
