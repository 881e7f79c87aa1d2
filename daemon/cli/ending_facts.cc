#include "cli/ending_facts.h"

#include <boost/json/serialize.hpp>
#include <utility>

#include "cli/job_json.h"
#include "cli/times.h"
#include "cli/whereabouts.h"

namespace chunkrd::cli {
namespace {

using queue::Job;

// What the row does not know any more of that end.
Job as_it_was(Job row, const queue::Ending& ending) {
  const Job& then = ending.job;
  row.state = then.state;
  row.state_since = then.state_since;
  row.pages = then.pages;
  row.task_id = then.task_id;
  row.revision = then.revision;
  row.outbox = then.outbox;
  row.delivered_name = then.delivered_name;
  row.error_stage = then.error_stage;
  row.error_code = then.error_code;
  row.error_message = then.error_message;
  return row;
}

awaitable<std::vector<Lying>> where(const Job& job, pipeline::Context& context,
                                    const config::Settings& settings) {
  const auto place = context.rules->places.find(job.inbox);
  if (place == context.rules->places.end()) co_return std::vector<Lying>();
  co_return co_await context.files.run(place->second->touched_in_all(job), "hook " + job.id,
                                       [job, settings] { return whereabouts(job, settings); });
}

}  // namespace

awaitable<std::string> ending_facts(queue::Ending ending, pipeline::Context& context,
                                    const config::Settings& settings) {
  Story story{.job = ending.job, .events = {}, .where = {}};
  if (auto row = co_await context.queue.find(ending.job.id)) {
    const bool still = row->state == ending.job.state && row->state_since == ending.at;
    story.job = still ? std::move(*row) : as_it_was(std::move(*row), ending);
    story.events = co_await context.queue.events(story.job.id);
    if (!still) std::erase_if(story.events, [&](const auto& event) { return event.at > ending.at; });
  }
  story.where = co_await where(story.job, context, settings);
  const Duration ahead = context.clock.ahead();
  story.job = dated(std::move(story.job), ahead);
  for (auto& event : story.events) event.at += ahead;
  co_return boost::json::serialize(to_json(story));
}

}  // namespace chunkrd::cli
