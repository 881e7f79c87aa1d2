#include "cli/worker.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "cli/daemon_status.h"
#include "cli/open_queue.h"
#include "cli/process_limits.h"
#include "core/escape.h"
#include "core/spawn.h"
#include "pipeline/rebuild/older.h"

namespace chunkrd::cli {
namespace {

taskapi::HttpClient::Options client_options(const config::Api& api) {
  taskapi::HttpClient::Options options;
  options.url = api.url;
  options.connect_timeout = api.connect_timeout;
  options.answer_timeout = api.answer_timeout;
  options.stall_timeout = api.stall_timeout;
  options.least_rate = api.least_rate;
  options.base64_urls = api.base64_urls;
  return options;
}

void sweep(const pipeline::Place& place, const std::vector<std::string>& wanted) {
  try {
    place.open_outbox().sweep(wanted);
  } catch (const FolderGone&) {
    // Told with all that is gone.
  } catch (const std::system_error& error) {
    spdlog::warn("outbox {}: what a crash may have left there stays for now: {}",
                 printable(place.rules.outbox.native()), error.what());
  }
}

constexpr Duration kTimeToEnd = std::chrono::seconds(2);

constexpr auto kTryAgain = std::chrono::seconds(1);

// For another program that writes: whoever waits for the queue waits on after it, but does so between tries.
constexpr std::chrono::milliseconds kBusyTimeout{500};

// Runs `work` as soon as the queue can be used. Nobody has begun to work yet, so it may block.
template <class Work>
auto patiently(StateLock& lock, const Worker::TellStart& starting, Work work) {
  std::optional<StateLock::Trouble> told;
  while (true) {
    try {
      return work();
    } catch (const queue::StoreUnavailable& unavailable) {
      if (!told) spdlog::warn("the start waits for the queue: {}", unavailable.what());
      const auto since = std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
      told = {.cause = unavailable.cause(), .since = told ? told->since : since};
      lock.tell(told);
      starting(unavailable.what());
    }
    std::this_thread::sleep_for(kTryAgain);
  }
}

queue::SqliteStore open_patiently(const std::filesystem::path& file, StateLock& lock,
                                  const Worker::TellStart& starting) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  constexpr std::uintmax_t kWorthTelling = std::uintmax_t{64} << 20;
  if (!error && bytes >= kWorthTelling) {
    spdlog::info("opening the queue: {} MB", bytes >> 20);
    starting("opening the queue");
  }
  queue::SqliteOptions options;
  options.busy_timeout = kBusyTimeout;
  options.still_working = [&] { starting("bringing the queue up to date"); };
  return patiently(lock, starting, [&] { return queue::SqliteStore(file, options); });
}

// Before anything is opened.
const config::Settings& with_open_files(const config::Settings& settings) {
  const OpenFiles files = raise_open_files(settings);
  if (!files.enough()) spdlog::warn("{}", files.text());
  return settings;
}

}  // namespace

pipeline::Gate::Budget budget_of(const config::Limits& limits) {
  return {.documents = limits.documents_per_day, .pages = limits.pages_per_day};
}

Worker::Worker(const config::Settings& settings, std::string key, pipeline::Observer& observer,
               taskapi::Observer* exchanges, const TellStart& starting)
    : lock(with_open_files(settings).state),
      store(open_patiently(queue_file(settings), lock, starting)),
      queue(store, writer.get_executor(), clock),
      engine(loop.get_executor(), {.ca_file = settings.api.ca_file}),
      client(engine, client_options(settings.api), std::move(key), exchanges),
      gate(settings.limits.submits_per_second),
      context{queue, client, clock, random, files, planner, observer, pipeline::make_rules(settings)},
      scheduler(context, gate, clock, loop.get_executor()),
      commands(context, scheduler, gate, clock) {
  patiently(lock, starting, [&] { take_up(settings.state, starting); });
  lock.tell(std::nullopt);
  gate.set_budget(budget_of(settings.limits));
  gate.spend(store.spent_on(clock.now() + clock.ahead()), clock.now());
  pipeline::tell_what_is_gone(*context.rules, nullptr);
  sweep_outboxes();
  queue.on_trouble([this] { look_at_queue(); });
}

void Worker::take_up(const std::filesystem::path& state, const TellStart& starting) {
  go_on();
  bring_up_to_date(state, starting);
  pipeline::end_wishes_of_the_daemon_before(store, clock.mark());
  // What the daemon before has told is not so any more.
  store.set_note(DaemonStatus::kNote, "");
}

void Worker::bring_up_to_date(const std::filesystem::path& state, const TellStart& starting) {
  if (store.note(queue::kOlderNote).value_or("").empty()) return;
  spdlog::warn(
      "the queue is older than what was done since (a copy was put back, or its log is lost): its documents "
      "are "
      "compared with what lies in the spool, the outboxes and failed/, and looked for in the task list "
      "before "
      "they are submitted");
  starting("the queue is older than it was: it is compared with what lies in the folders");
  const auto found = pipeline::rebuild::bring_up_to_date(store, context.rules, state, clock.mark());
  if (!found) return;
  spdlog::warn("the queue was brought up to date: delivered={} spooled={} failed={} looked_for={}",
               found->delivered, found->spooled, found->failed, found->looked_for);
  for (const std::string& left : found->left) spdlog::warn("left as it is: {}", left);
}

// What can be done without it goes on; it is a pause like the others to whoever looks.
void Worker::look_at_queue() {
  const auto& trouble = queue.trouble();
  if (trouble) {
    gate.pause_for_queue(trouble->since);
    lock.tell(StateLock::Trouble{trouble->cause, trouble->since + clock.ahead()});
  } else {
    gate.lift(pipeline::Pause::queue);
    lock.tell(std::nullopt);
  }
  scheduler.look_at_pauses(trouble ? trouble->why : "");
}

Worker::~Worker() {
  files.join();
  writer.join();
}

// Time goes on from where it was when the last one of us worked this queue, whatever the clock shows now.
void Worker::go_on() {
  const Timeline& timeline = clock.go_on_from(store.clock());
  if (timeline.set_back_before() > Duration::zero())
    spdlog::warn("the clock of this machine was set back by {} s since this queue was last worked",
                 std::chrono::ceil<std::chrono::seconds>(timeline.set_back_before()).count());
  store.go_on(clock.mark(), timeline.not_lived());
  gate.set_ahead(clock.ahead(), clock.now());
}

// A crash may have left deliveries half prepared: those whose rows still want them stay. An outbox that is
// not there now is swept by a later start.
void Worker::sweep_outboxes() {
  std::vector<std::string> wanted;
  for (const auto state : {queue::State::collecting, queue::State::delivering})
    for (const queue::Job& job : store.due(state, WallTime::max(), SIZE_MAX)) wanted.push_back(job.id);
  for (const auto& [path, place] : context.rules->places) sweep(*place, wanted);
}

void Worker::stop(Duration patience) {
  scheduler.stop();
  commands.stop();
  // There is nothing whose end would have to be written down.
  if (scheduler.steps_running() == 0) queue.wait_no_longer();
  asio::co_spawn(loop, give_up_after(patience), kOrEnd);
}

// A little before the end of it: what is cut has to come to its own end.
awaitable<void> Worker::give_up_after(Duration patience) {
  asio::steady_timer timer(loop, patience - std::min(kTimeToEnd, patience / 4));
  co_await timer.async_wait(asio::use_awaitable);
  spdlog::warn("time to stop is over: {} requests are given up, to be reconciled at the next start",
               engine.under_way());
  give_up();
}

void Worker::give_up() {
  engine.abandon_all();
  files.cut();
  queue.wait_no_longer();
}

}  // namespace chunkrd::cli
