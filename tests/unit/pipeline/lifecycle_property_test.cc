// What holds whatever the service answers: documents driven through random answers.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <set>

#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

// The answers that a service, a network or a disk can come up with.
class World {
 public:
  template <class Wide>
  static Wide failure() {
    static constexpr int kStatuses[] = {301, 400, 401, 402, 403, 404, 404, 404, 405, 408, 409,
                                        413, 415, 422, 429, 500, 501, 502, 503, 504, 599};
    switch (*rc::gen::inRange(0, 3)) {
      case 0: {
        const auto text = *rc::gen::element<std::string>("", "Usage limit exceeded", "Task not found", "x");
        std::optional<Duration> wait;
        if (*rc::gen::arbitrary<bool>())
          wait = Duration(*rc::gen::inRange<std::int64_t>(-100, 10'000'000'000));
        return refusal(*rc::gen::elementOf(std::vector<int>(std::begin(kStatuses), std::end(kStatuses))),
                       text, wait);
      }
      case 1:
        return NoAnswer{static_cast<NoAnswer::Request>(*rc::gen::inRange(0, 2)),
                        static_cast<NoAnswer::Cause>(*rc::gen::inRange(0, 7)), "host"};
      default:
        return Unreadable{"not JSON"};
    }
  }

  static Task task(const Job& job, WallTime now) {
    Task task;
    task.task_id = *rc::gen::weightedElement<std::string>(
        {{10, job.task_id.empty() ? "task-new" : job.task_id}, {1, ""}, {1, "task-other"}});
    task.status = static_cast<Status>(*rc::gen::inRange(0, 5));
    task.message = *rc::gen::element<std::string>("", "Page limit exceeded", "Task timed out");
    task.created_at = now + Duration(*rc::gen::inRange<std::int64_t>(-100'000'000, 1'000'000));
    if (*rc::gen::arbitrary<bool>()) task.started_at = task.created_at + 1s;
    if (*rc::gen::arbitrary<bool>()) task.page_count = *rc::gen::inRange(0, 3);
    return task;
  }

  template <class Wide>
  static Wide answer(const Job& job, WallTime now) {
    if (*rc::gen::arbitrary<bool>()) return task(job, now);
    return failure<Wide>();
  }

  static Decision step(const Job& job, const Moment& moment, const Policy& policy) {
    const int luck = *rc::gen::inRange(0, 12);
    if (luck == 0) return after_error(job, "EIO", {}, moment, policy);
    switch (job.state) {
      case State::claiming:
        return after_claim(job, Spooled{"ab", static_cast<std::uint64_t>(*rc::gen::inRange(0, 20))},
                           {15, *rc::gen::inRange(0, 5) != 0}, moment);
      case State::ready:
        return {intend(job, "tag-" + std::to_string(*rc::gen::inRange(0, 1'000'000)), moment.now), {}};
      case State::submitting:
        // Either its own step goes on, or a crash came between and the next start reconciles.
        if (!job.submitted_at && luck < 8)
          return after_create(job, answer<taskapi::Answer<Task>>(job, moment.now), moment, policy);
        if (luck < 7) return after_reconcile(job, NotListed{}, moment, policy);
        return after_reconcile(job, answer<Search>(job, moment.now), moment, policy);
      case State::submitted: {
        const auto read = answer<taskapi::Answer<Task>>(job, moment.now);
        const auto* task = std::get_if<Task>(&read);
        if (task != nullptr && is_to_be_cancelled(job, *task, moment, policy))
          return after_cancel(job, answer<taskapi::Answer<Task>>(job, moment.now), moment, policy);
        return after_poll(job, read, moment, policy);
      }
      case State::collecting:
        if (luck < 6)
          return after_collect(
              job,
              artifacts::Summary{task(job, moment.now), static_cast<std::size_t>(*rc::gen::inRange(0, 3)), 1},
              moment, policy);
        if (luck < 8) return after_collect(job, artifacts::Broken{"cut"}, moment, policy);
        return after_collect(job, failure<Collected>(), moment, policy);
      case State::delivering:
        return after_deliver(job, luck < 6 ? Delivery(ResultMissing{}) : Delivery(Published{"report.pdf"}),
                             moment);
      case State::delivered:
        return after_archive(job, {"report.pdf", "archived"}, moment, policy);
      default:
        return after_bury(job, {"report.pdf", "buried"}, moment, policy);
    }
  }
};

void check(const Job& before, const Decision& decision, const Moment& moment, const Policy& policy) {
  const queue::Transition& transition = decision.transition;
  const Job& after = transition.after;
  RC_ASSERT(transition.from == before.state);
  RC_ASSERT(after.lease == before.lease);
  RC_ASSERT(after.id == before.id && after.name == before.name && after.settings == before.settings);
  RC_ASSERT(!transition.event.what.empty());
  RC_ASSERT(after.due >= moment.now);
  RC_ASSERT(after.due <= moment.now + policy.retry_after_ceiling);

  RC_ASSERT(after.attempts >= before.attempts);
  RC_ASSERT(after.attempts <= before.attempts + 1);
  RC_ASSERT(after.attempts <= policy.attempts);
  RC_ASSERT(after.possible_duplicates >= before.possible_duplicates);
  RC_ASSERT(after.possible_duplicates <= policy.possible_duplicates);

  // A task is only let go of together with a reason.
  if (!before.task_id.empty() && after.task_id != before.task_id)
    RC_ASSERT(after.attempts > before.attempts || decision.signal.kind == Kind::over_quota ||
              after.state == State::submitted);

  // No end without an error or a delivery.
  if (after.state == State::failed || after.state == State::cancelled || after.state == State::burying)
    RC_ASSERT(!after.error_code.empty() && !after.error_stage.empty() && !after.error_message.empty());
  if (after.state == State::done) RC_ASSERT(!after.delivered_name.empty());

  // A submit that may have arrived keeps its tag until its task is known.
  if (before.state == State::submitting && after.state == State::submitting)
    RC_ASSERT(after.tag == before.tag);
  if (after.possible_duplicates > before.possible_duplicates) RC_ASSERT(after.tag == before.tag);
  if (before.state == State::ready && before.possible_duplicates > 0 && !before.tag.empty() &&
      after.state == State::submitting)
    RC_ASSERT(after.tag == before.tag);
  if (after.state == State::submitting) RC_ASSERT(!after.tag.empty() && after.intent_at.has_value());
  if (after.state == State::submitted) RC_ASSERT(!after.task_id.empty() && after.submitted_at.has_value());
}

RC_GTEST_PROP(Lifecycle, HoldsItsPromisesWhateverIsAnswered, ()) {
  Policy policy;
  policy.attempts = *rc::gen::inRange(1, 4);
  Job job = job_in(State::claiming);
  WallTime now = kNow;
  for (int steps = 0; steps < 400 && !is_end(job.state); ++steps) {
    const Moment moment{now, *rc::gen::inRange(0, 1000) / 1000.0, Duration(*rc::gen::inRange(1, 600'000))};
    const Decision decision = World::step(job, moment, policy);
    check(job, decision, moment, policy);
    job = decision.transition.after;
    job.lease += 1;
    now = std::max(now, job.due) + Duration(*rc::gen::inRange(0, 5'000));
  }
}

RC_GTEST_PROP(Lifecycle, AnAmbiguousAnswerIsNeverSentAgainBeforeTheGraceTimeIsOver, ()) {
  const Policy policy;
  Job job = job_in(State::submitting);
  job.intent_at = kNow - Duration(*rc::gen::inRange<std::int64_t>(0, 100'000'000));
  job.transient_failures = *rc::gen::inRange(0, 1001);
  WallTime now = kNow;
  if (*rc::gen::arbitrary<bool>()) {
    const auto status = *rc::gen::element(408, 500, 502, 503, 504);
    const taskapi::Answer<Task> lost =
        *rc::gen::arbitrary<bool>()
            ? taskapi::Answer<Task>(refusal(status))
            : taskapi::Answer<Task>(no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut));
    job = after_create(job, lost, {now, 0.5, {}}, policy).transition.after;
    RC_ASSERT(job.state == State::submitting);
  }
  // `first` is the moment from which absence is known to have lasted.
  const WallTime first = now;
  for (int looks = 0; looks < 1000; ++looks) {
    now += Duration(*rc::gen::inRange(1'000, 20'000));
    const bool listed = looks >= 300 || *rc::gen::inRange(0, 3) != 0;
    const Search search = listed ? Search(NotListed{}) : World::failure<Search>();
    job =
        after_reconcile(job, search, {now, *rc::gen::inRange(0, 1000) / 1000.0, {}}, policy).transition.after;
    if (job.state != State::submitting) {
      RC_ASSERT(job.state == State::ready);
      RC_ASSERT(now - first >= policy.reconcile_grace);
      // What the service has called an error of its own burns none while nothing else gets through.
      RC_ASSERT(job.possible_duplicates == (job.task_status.empty() ? 1 : 0));
      RC_ASSERT(job.tag == kTag);
      return;
    }
  }
  RC_FAIL("it is never sent again");
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
