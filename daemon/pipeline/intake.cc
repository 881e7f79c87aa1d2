#include "pipeline/intake.h"

#include <fmt/format.h>

#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"
#include "pipeline/about.h"

namespace chunkrd::pipeline {
namespace {

// Who else inserts or moves a row of the same file between a look and the next insertion can do so only now
// and then.
constexpr int kLooks = 3;

queue::Job new_job(inbox::Arrival arrival, std::string inbox, const Place& place, Context& context) {
  queue::Job job;
  const WallTime now = context.clock.now();
  job.id = make_job_id(now, context.random);
  job.inbox = std::move(inbox);
  job.name = std::move(arrival.name);
  job.source_identity = arrival.identity.text();
  if (arrival.sidecar) job.sidecar = arrival.sidecar->text();
  job.size_bytes = arrival.identity.size_bytes;
  job.spool = place.spool.folder().native();
  job.took = place.spool.copies() ? queue::Took::copied : queue::Took::moved;
  job.found_at = job.due = job.state_since = now;
  job.profile = place.profile_of(job.name);
  const config::Profile& profile = context.rules->profile_of(job);
  job.settings = profile.parse;
  job.settings_hash = sha256_hex(profile.parse);
  job.priority = profile.priority;
  return job;
}

}  // namespace

awaitable<inbox::Reception> take_in(inbox::Arrival arrival, std::string inbox, Context& context,
                                    Scheduler& scheduler) {
  using inbox::Reception;
  const auto rules = context.rules;
  const auto place = rules->places.find(inbox);
  if (place == rules->places.end()) co_return Reception::later;  // taken out of the configuration meanwhile
  const queue::Job job = new_job(std::move(arrival), std::move(inbox), *place->second, context);
  queue::Insertion insertion{job, {"found", "settled in " + printable(job.inbox)}};
  for (int i = 0; i < kLooks; ++i) {
    if (co_await context.queue.apply(insertion)) {
      log_about(spdlog::level::info, "found", about(job),
                fmt::format("bytes={} profile={}", job.size_bytes, job.profile));
      context.observer.on_transition(queue::State{}, job);
      scheduler.expect(job.state, job.due);
      co_return Reception::in_hand;
    }
    const auto standing = co_await context.queue.standing_of(job.inbox, job.name, job.source_identity);
    switch (lifecycle::meet(standing, place->second->rules.originals, context.clock.now())) {
      case lifecycle::Meeting::in_hand:
        co_return Reception::in_hand;
      case lifecycle::Meeting::left:
        co_return Reception::left;
      case lifecycle::Meeting::later:
        co_return Reception::later;
      case lifecycle::Meeting::take:
        insertion.earlier = standing.rows;
        insertion.event.detail = "lies in " + printable(job.inbox) + " still, and has settled again";
    }
  }
  co_return Reception::later;
}

}  // namespace chunkrd::pipeline
