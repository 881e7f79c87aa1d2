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
            Job after = moved(with_wanted(job), State::delivered, moment.now);
            after.delivered_name = published.name;
            return decide(job, std::move(after), "delivered", "as " + printable(published.name));
          },
          [&](const ResultMissing&) {
            if (!job.reused_from.empty()) {
              Job unused = moved(job, State::ready, moment.now);
              unused.reused_from.clear();
              return decide(job, std::move(unused), "result_missing",
                            "the earlier result is not there any more: it is submitted");
            }
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

Decision after_archive(const Job& job, const Stored& original, const Moment& moment, const Policy& policy) {
  Job after = job;
  after.original_name = original.name;
  // What went wrong before does not count any more: there is a result.
  fail_with(after, {}, {}, {});
  after = moved(after, over(after, policy), moment.now);
  return decide(job, std::move(after), "done", original.told);
}

Decision after_bury(const Job& job, const Stored& original, const Moment& moment, const Policy& policy) {
  Job after = job;
  after.original_name = original.name;
  after = moved(after, over(after, policy), moment.now);
  return decide(job, std::move(after), "buried", original.told);
}

Decision after_error(const Job& job, const std::string& message, Signal signal, const Moment& moment,
                     const Policy& policy) {
  Policy patience = policy;
  // Space can return at any moment, and nobody tells: a look every half minute costs little.
  if (signal.kind == Signal::Kind::disk_full)
    patience.backoff_ceiling = std::min(patience.backoff_ceiling, kDiskPatience);
  return wait(job, job.state, "error", message, signal, moment, patience);
}

}  // namespace chunkrd::pipeline::lifecycle
