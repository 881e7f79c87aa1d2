#include "tests/simulation/daemon.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/detached.hpp>

#include "pipeline/intake.h"
#include "pipeline/rebuild/older.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
using queue::State;

// As cli::Daemon has them.
constexpr State kDrained[] = {State::submitting, State::submitted, State::collecting, State::delivering,
                              State::delivered,  State::burying,   State::reparsing,  State::removing};

inbox::Rules rules_of(const config::Inbox& configured) {
  inbox::Rules rules;
  rules.path = configured.path;
  rules.settle = configured.settle;
  return rules;
}

pipeline::Gate::Budget budget_of(const config::Limits& limits) {
  return {.documents = limits.documents_per_day, .pages = limits.pages_per_day};
}

}  // namespace

Daemon::Daemon(const config::Settings& settings, SimulatedClock& time, MachineClock& machine, Random& random,
               taskapi::Client& service)
    : store(settings.state / "queue.sqlite", {.durability = queue::Durability::none}),
      queue(store, loop.get_executor(), machine),
      gate(settings.limits.submits_per_second),
      clock(machine),
      context{queue, service, machine, random, files, planner, observer, pipeline::make_rules(settings)},
      scheduler((time.use(loop), context), gate, machine, loop.get_executor()),
      commands(context, scheduler, gate, machine, 30s),
      retention(context),
      inbox(rules_of(settings.inboxes[0]), loop, time,
            [this, path = settings.inboxes[0].path.native()](inbox::Arrival arrival) {
              return pipeline::take_in(std::move(arrival), path, context, scheduler);
            }) {
  const Timeline& timeline = clock.go_on_from(store.clock());
  store.go_on(clock.mark(), timeline.not_lived());
  gate.set_ahead(clock.ahead(), clock.now());
  if (const auto found =
          pipeline::rebuild::bring_up_to_date(store, context.rules, settings.state, clock.mark())) {
    spdlog::info("the queue was older than it had been");
    left_as_it_is = found->left;
  }
  pipeline::end_wishes_of_the_daemon_before(store, clock.mark());
  gate.set_budget(budget_of(settings.limits));
  gate.spend(store.spent_on(clock.now() + clock.ahead()), clock.now());
  commands.on_rest([this] { return retention.step(); });
  commands.on_drain([this] { drain(); });
  asio::co_spawn(loop, scheduler.run(), asio::detached);
  asio::co_spawn(loop, commands.run(), asio::detached);
}

void Daemon::drain() {
  draining = true;
  gate.pause_for_operator(clock.now());
  scheduler.wake();
}

bool Daemon::has_drained() {
  const auto counts = store.counts();
  return std::ranges::all_of(kDrained,
                             [&](State state) { return counts[static_cast<std::size_t>(state)] == 0; });
}

void Daemon::reload(const config::Settings& settings) {
  context.rules = pipeline::make_rules(settings);
  gate.set_budget(budget_of(settings.limits));
  retention.begin_anew();
  scheduler.wake();
}

}  // namespace chunkrd::simulation
