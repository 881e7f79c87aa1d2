// Decisions about files: deliver, archive, bury, and what nobody planned for.
#include <fmt/format.h>

#include "core/escape.h"
#include "pipeline/decision.h"

namespace chunkrd::pipeline::lifecycle {

using queue::Job;
using queue::State;

Decision after_deliver(const Job& job, const Delivery& delivery, const Moment& moment) {
  return std::visit(Match{
                        [&](const Published& published) {
                          Job after = moved(with_wanted(job), State::delivered, moment.now);
                          after.delivered_name = published.name;
                          after.outbox = published.outbox;
                          if (after.bound_for.empty()) after.bound_for = published.bound_for;
                          std::string detail = "as " + printable(published.name);
                          if (!published.told.empty()) detail += "; " + published.told;
                          return decide(job, std::move(after), "delivered", std::move(detail));
                        },
                        [&](const ResultMissing&) {
                          if (!job.reused_from.empty()) {
                            Job unused = moved(job, State::ready, moment.now);
                            unused.reused_from.clear();
                            return decide(job, std::move(unused), "result_missing",
                                          "the earlier result is not there any more: it is submitted");
                          }
                          // With a pause: where the outbox itself is gone it would be fetched without end.
                          Job after = moved(job, State::collecting,
                                            moment.now + backoff(Policy{}, job.empty_reads, moment.jitter));
                          after.empty_reads += 1;
                          return decide(job, std::move(after), "result_missing",
                                        "the fetched result is not there any more: fetched again");
                        },
                    },
                    delivery);
}

Decision after_destined(const Job& job, const Destined& original, const Moment& moment) {
  Job after = moved(job, job.state, moment.now);
  after.bound_for = original.bound_for;
  return decide(job, std::move(after), {}, {});
}

Decision after_archive(const Job& job, const Stored& original, const Moment& moment, const Policy& policy) {
  Job after = job;
  after.original_name = original.name;
  after.shelf = original.shelf;
  after.bound_for.clear();
  // What went wrong before does not count any more: there is a result.
  fail_with(after, {}, {}, {});
  after = moved(after, over(after, policy), moment.now);
  return decide(job, std::move(after), "done", original.told);
}

Decision after_bury(const Job& job, const Stored& original, const Moment& moment, const Policy& policy) {
  Job after = job;
  after.original_name = original.name;
  after.shelf = original.shelf;
  after.bound_for.clear();
  after = moved(after, over(after, policy), moment.now);
  return decide(job, std::move(after), "buried", original.told);
}

// A result that is there already stays the result of what was submitted.
Decision after_change(const Job& job, const Returned& original, const Moment& moment, const Policy& policy) {
  Job after = job;
  after.original_name.clear();
  after.shelf.clear();
  after.bound_for.clear();
  fail_with(after, {}, {}, {});
  if (job.state == State::delivered) {
    after = moved(after, over(after, policy), moment.now);
  } else {
    after = moved(after, State::vanished, moment.now);
  }
  return decide(job, std::move(after), "changed", original.told);
}

Decision after_unsent(const Job& job, const std::string& why, const Moment& moment, const Policy& policy) {
  Decision decision = wait(job, State::ready, "not_sent", why, {}, moment, policy);
  // A submit that may have arrived before keeps its tag, so that it can still be found.
  if (job.possible_duplicates == 0) decision.transition.after.tag.clear();
  return decision;
}

Decision after_absence(const Job& job, const std::string& why, const Moment& moment) {
  const auto jitter =
      static_cast<std::int64_t>(moment.jitter * static_cast<double>(kFolderPatience.count() / 2));
  Job after = moved(job, job.state, moment.now + kFolderPatience / 2 + Duration(jitter));
  after.transient_failures = std::min(job.transient_failures + 1, 1000);
  Decision decision = decide(job, std::move(after), "waits", why);
  if (job.transient_failures > 0) decision.transition.event = {};
  return decision;
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
