#include "pipeline/intake.h"

#include <spdlog/spdlog.h>

#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"

namespace chunkrd::pipeline {
namespace {

queue::Job new_job(inbox::Arrival arrival, std::string inbox, const Place& place, Context& context) {
  queue::Job job;
  const WallTime now = context.clock.now();
  job.id = make_job_id(now, context.random);
  job.inbox = std::move(inbox);
  job.name = std::move(arrival.name);
  job.source_identity = arrival.identity.text();
  if (arrival.sidecar) job.sidecar = arrival.sidecar->text();
  job.size_bytes = arrival.identity.size_bytes;
  job.found_at = job.due = job.state_since = now;
  job.profile = place.profile_of(job.name);
  const config::Profile& profile = context.rules->profile_of(job);
  job.settings = profile.parse;
  job.settings_hash = sha256_hex(profile.parse);
  job.priority = profile.priority;
  return job;
}

}  // namespace

awaitable<bool> take_in(inbox::Arrival arrival, std::string inbox, Context& context, Scheduler& scheduler) {
  const auto rules = context.rules;
  const auto place = rules->places.find(inbox);
  if (place == rules->places.end()) co_return false;  // taken out of the configuration meanwhile
  queue::Job job = new_job(std::move(arrival), std::move(inbox), *place->second, context);
  const queue::Event found{"found", "settled in " + printable(job.inbox)};
  if (!co_await context.queue.apply(queue::Insertion{job, found})) co_return true;
  spdlog::info("found job={} name=\"{}\" bytes={} profile={}", job.id, printable(job.name), job.size_bytes,
               job.profile);
  context.observer.on_transition(queue::State{}, job);
  scheduler.expect(job.state, job.due);
  co_return true;
}

}  // namespace chunkrd::pipeline
