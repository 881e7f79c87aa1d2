#pragma once

#include <string>

#include "metrics/daemon_metrics.h"
#include "metrics/pages.h"

namespace chunkrd::metrics {

/// /metrics of these metrics, as a scrape sees it.
inline std::string exposition(const DaemonMetrics& metrics) {
  const Health health;
  return page_at("/metrics", {.metrics = {&metrics.registry()}, .health = &health}).body;
}

/// The value of a sample, "chunkrd_paused{reason=\"auth\"}", as written; "absent" if it is not there.
inline std::string sample(const std::string& exposition, const std::string& name) {
  const std::string line = "\n" + name + " ";
  const std::size_t at = ("\n" + exposition).find(line);
  if (at == std::string::npos) return "absent";
  const std::size_t begin = at + line.size() - 1;
  return exposition.substr(begin, exposition.find('\n', begin) - begin);
}

/// Something of everything, as after a busy hour. Each series with a fixed label set exists, and each
/// family has at least one.
inline void populate(DaemonMetrics& metrics) {
  using namespace std::chrono_literals;
  const WallTime now(1'700'000'200s);
  queue::Job job;
  job.inbox = "/srv/in";
  job.size_bytes = 5000;
  metrics.inboxes().set(job.inbox, {}, now);
  const std::string hook = "webhook of inbox /srv/in";
  metrics.hooks().on_notification(hook, hooks::Outcome::taken, 1);
  metrics.hooks().set_waiting({{hook, {1, now}}});
  metrics.on_transition(queue::State{}, job);
  job.found_at = WallTime(1'700'000'000s);
  job.state_since = job.found_at + 42s;
  job.state = queue::State::delivered;
  job.pages = 12;
  metrics.on_transition(queue::State::delivering, job);
  job.state = queue::State::failed;
  job.error_code = "task_failed";
  metrics.on_transition(queue::State::burying, job);
  queue::Job before = job;
  before.state = queue::State::submitting;
  job.state = queue::State::submitted;
  job.transient_failures = 1;
  job.attempts = 1;
  job.state_since = before.state_since + 3s;
  metrics.on_step({.before = before, .after = &job, .took = 7ms, .unplanned_error = false});
  metrics.steps().set_load(queue::State::ready, 2, 6, now);
  metrics.on_pause(pipeline::Pause::quota, true);
  metrics.on_possible_duplicate();
  metrics.on_adopted();
  metrics.on_pruned(pipeline::Pruned::originals, 3);
  queue::StateCounts counts{};
  counts[static_cast<std::size_t>(queue::State::ready)] = 7;
  counts[static_cast<std::size_t>(queue::State::done)] = 1000;
  metrics.on_queue(counts, WallTime(1'700'000'100s));
  queue::OldestByState since{};
  since[static_cast<std::size_t>(queue::State::ready)] = now;
  metrics.queue().set_oldest(since);
  metrics.queue().committed({.changes = 5, .refused = 1, .took = 2ms});
  metrics.queue().answered(now);
  metrics.beat(now);
  metrics.on_spent({.documents = 1, .pages = 12});
  metrics.spending().set_day({.spent = {1, 12}, .budget = {0, 1000}});
  metrics.spending().set_rate(1, 2);
  metrics.folders().set({"outbox", "/srv/out"}, Space{1 << 20, 2 << 20, 100, 200});
  metrics.results_expire_after(3600s);
  metrics.on_request(taskapi::Operation::get);
  metrics.on_request(taskapi::Operation::create);
  metrics.on_exchange({taskapi::Operation::create, taskapi::AnswerClass::ok_2xx, 250ms, 1000, 10});
  metrics.config_loaded(now);
  metrics.inboxes().set("/srv/in",
                        {.events = 9,
                         .entries = 90,
                         .scanning = 250ms,
                         .scans = 3,
                         .overflows = 1,
                         .refused = 2,
                         .settling = 4,
                         .unclaimed = 1,
                         .available = true},
                        now);
}

}  // namespace chunkrd::metrics
