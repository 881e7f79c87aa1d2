// chunkrd rebuild: the queue is damaged or gone; the documents, their tasks and their results are not.
#include "cli/rebuild.h"

#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <memory>
#include <utility>

#include "cli/one_request.h"
#include "cli/open_queue.h"
#include "cli/print.h"
#include "cli/rebuild_text.h"
#include "cli/state_lock.h"
#include "config/folders.h"
#include "config/reader.h"
#include "core/durable.h"
#include "core/escape.h"
#include "pipeline/rebuild/new_queue.h"
#include "queue/sqlite/filesystem.h"
#include "queue/sqlite/replacement.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using pipeline::rebuild::Listed;
using queue::Condition;
using queue::Diagnosis;

struct Options {
  fs::path config_file;
  bool force = false, dry_run = false, offline = false, json = false;
};

// Where the new queue is made; beside the old one, so that it can be renamed there. Goes at the end, whatever
// that is; what a crash has left goes before.
class Workshop {
 public:
  explicit Workshop(const fs::path& state) : folder_(state / "rebuild.tmp") {
    fs::remove_all(folder_);
    durable::make_directories(folder_);
    fs::permissions(folder_, fs::perms::owner_all);
  }
  Workshop(const Workshop&) = delete;
  Workshop& operator=(const Workshop&) = delete;
  ~Workshop() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }
  fs::path old_copy() const { return folder_ / "old.sqlite"; }
  fs::path new_queue() const { return folder_ / "new.sqlite"; }

 private:
  fs::path folder_;
};

void refuse_unless_meant(const Diagnosis& found, const fs::path& file) {
  const std::string name = printable(file.native());
  switch (found.condition) {
    case Condition::missing:
    case Condition::damaged:
      return;
    case Condition::whole:
      throw UserError(ExitCode::some_failed,
                      fmt::format("queue: {}: is whole, there is nothing to rebuild; nothing was changed. If "
                                  "something is missing in it all the same: --force",
                                  name));
    case Condition::newer:
      throw UserError(
          ExitCode::wrong_queue,
          fmt::format("queue: {}: is not damaged: {}; nothing was changed. Install the newer chunkrd "
                      "again; or take what this one understands: --force",
                      name, found.detail));
    case Condition::foreign:
      throw UserError(
          ExitCode::wrong_queue,
          fmt::format("queue: {}: {}; nothing was changed. Let `state` name a folder of its own; or "
                      "put that database aside: --force",
                      name, found.detail));
  }
}

awaitable<Listed> read_list(taskapi::Client& client) {
  const SystemClock clock(co_await asio::this_coro::executor);
  co_return co_await pipeline::rebuild::read_list(client, clock);
}

// Without it the daemon looks for each task on its own: slower, but not less safe.
Listed list_of(const config::Settings& settings, const Options& options) {
  Listed none;
  none.why_not = "--offline";
  if (options.offline) return none;
  try {
    return one_request(settings, [](taskapi::Client& client) { return read_list(client); });
  } catch (const UserError& error) {
    none.why_not = error.what();
    return none;
  }
}

// A folder that is not there holds nothing, and a dry run makes none.
config::Settings with_existing_folders(config::Settings settings) {
  std::erase_if(settings.inboxes, [](const config::Inbox& inbox) {
    std::error_code error;
    return !fs::exists(inbox.path, error) || !fs::exists(inbox.outbox, error) ||
           !fs::exists(inbox.failed, error) || !fs::exists(inbox.archive.value_or(inbox.path), error);
  });
  return settings;
}

// What lies on a mount that is missing would be taken for lost.
void require_folders(const config::Settings& settings) {
  config::check_folders(settings);
  for (const auto& problem : config::folder_problems(settings)) throw UserError(problem.code, problem.text);
}

Rebuilt rebuild(const config::Settings& settings, const Workshop& workshop, const Options& options) {
  const fs::path file = queue_file(settings);
  Rebuilt rebuilt;
  rebuilt.dry_run = options.dry_run;
  rebuilt.queue = file;
  rebuilt.unreadable_bytes = queue::copy_readable(file, workshop.old_copy());
  rebuilt.old = queue::diagnose(workshop.old_copy());
  if (!options.force) refuse_unless_meant(rebuilt.old, file);
  Listed listed = list_of(settings, options);
  rebuilt.list_not_read = listed.why_not;
  rebuilt.made = pipeline::rebuild::make_queue(workshop.old_copy(), workshop.new_queue(), settings,
                                               std::move(listed), mark_now);
  const char* word = rebuilt.old.condition == Condition::damaged ? "damaged" : "replaced";
  if (!options.dry_run) rebuilt.kept = queue::replace(file, workshop.new_queue(), word);
  return rebuilt;
}

ExitCode run(const Options& options) {
  config::Settings settings = config::read_settings(options.config_file);
  if (!fs::is_directory(settings.state))
    throw UserError(ExitCode::no_input,
                    fmt::format("state: {}: there is no such folder; is --config the daemon's?",
                                printable(settings.state.native())));
  const auto lock = CommandLock::unless_daemon_runs(settings.state);
  if (!lock)
    throw UserError(ExitCode::already_runs,
                    fmt::format("a daemon works with the state folder {}: stop it first",
                                printable(settings.state.native())));
  const fs::path file = queue_file(settings);
  queue::refuse_network_filesystem(file);
  const Workshop workshop(settings.state);
  if (queue::is_being_replaced(file) && !options.dry_run) {
    queue::finish_replacement(file);
    if (!options.force) {
      put_to(stderr, "chunkrd: queue: {}: the rebuild that was interrupted is ended; start the daemon now\n",
             printable(file.native()));
      return ExitCode::ok;
    }
  }
  if (options.dry_run)
    settings = with_existing_folders(std::move(settings));
  else
    require_folders(settings);
  const Rebuilt rebuilt = rebuild(settings, workshop, options);
  if (options.json)
    put("{}\n", boost::json::serialize(to_json(rebuilt)));
  else
    put("{}", to_text(rebuilt));
  return ExitCode::ok;
}

}  // namespace

Command add_rebuild(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "rebuild",
                 "Make a damaged or lost queue anew, from what can be read of it, the outboxes, the "
                 "spool, failed/ and the service's task list; the daemon must not run",
                 "rebuild --dry-run\n"
                 "rebuild && systemctl start chunkrd");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser->add_flag("--dry-run", options->dry_run, "Say what would come back; change nothing");
  parser->add_flag("--offline", options->offline, "Do not ask the service for its task list");
  parser->add_flag("--force", options->force, "Also where the queue is whole, newer, or another program's");
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
