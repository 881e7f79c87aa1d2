// Decisions about files: deliver, archive, bury, and what nobody planned for.
#include <fmt/format.h>

#include "core/escape.h"
#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {

using queue::Job;
using queue::State;

Decision after_deliver(const Job& job, const Delivery& delivery, const Moment& moment) {
  return std::visit(
      Match{
          [&](const Published& published) {
            Job after = moved(job, State::delivered, moment.now);
            after.delivered_name = published.name;
            return decide(job, std::move(after), "delivered", "as " + printable(published.name));
          },
          [&](const ResultMissing&) {
            // With a pause: where the outbox itself is gone it would be fetched without end.
            Job after =
                moved(job, State::collecting, moment.now + backoff(Policy{}, job.empty_reads, moment.jitter));
            after.empty_reads += 1;
            return decide(job, std::move(after), "result_missing",
                          "the fetched result is not there any more: fetched again");
          },
      },
      delivery);
}

Decision after_archive(const Job& job, const std::string& where, const Moment& moment) {
  return decide(job, moved(job, State::done, moment.now), "done", where);
}

Decision after_bury(const Job& job, const std::string& where, const Moment& moment) {
  const State end = job.error_code == "cancelled" ? State::cancelled : State::failed;
  return decide(job, moved(job, end, moment.now), "buried", where);
}

Decision after_error(const Job& job, const std::string& message, Signal signal, const Moment& moment,
                     const Policy& policy) {
  return wait(job, job.state, "error", message, signal, moment, policy);
}

}  // namespace chunkrd::pipeline::lifecycle
