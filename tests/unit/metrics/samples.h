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

/// Something of everything, as after a busy hour.
inline void populate(DaemonMetrics& metrics) {
  using namespace std::chrono_literals;
  queue::Job job;
  job.found_at = WallTime(1'700'000'000s);
  job.state_since = job.found_at + 42s;
  job.state = queue::State::delivered;
  job.pages = 12;
  metrics.on_transition(queue::State::delivering, job);
  job.state = queue::State::failed;
  metrics.on_transition(queue::State::burying, job);
  metrics.on_pause(pipeline::Pause::quota, true);
  metrics.on_possible_duplicate();
  metrics.on_adopted();
  metrics.on_pruned(pipeline::Pruned::originals, 3);
  queue::StateCounts counts{};
  counts[static_cast<std::size_t>(queue::State::ready)] = 7;
  counts[static_cast<std::size_t>(queue::State::done)] = 1000;
  metrics.on_queue(counts, WallTime(1'700'000'100s));
  metrics.on_exchange({taskapi::Operation::create, taskapi::AnswerClass::ok_2xx, 250ms, 1000, 10});
  metrics.config_loaded(WallTime(1'700'000'200s));
  metrics.inboxes().set(
      "/srv/in",
      {.scans = 3, .overflows = 1, .refused = 2, .settling = 4, .unclaimed = 1, .available = true});
}

}  // namespace chunkrd::metrics
