// Decisions about what people ask for: retry, cancel, reprocess, delete; and what a wish does to other
// decisions.
#include <fmt/format.h>

#include <algorithm>

#include "core/sha256.h"
#include "pipeline/decision.h"
#include "pipeline/link.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Asked;
using queue::CommandAnswer;
using queue::Job;
using queue::State;
using Outcome = CommandAnswer::Outcome;

Reply refuse(std::string why) {
  return {{Outcome::refused, std::move(why)}, std::nullopt};
}

Reply reply(Outcome outcome, std::string text, const Job& job, Job after, const char* what) {
  queue::Transition transition{job.state, std::move(after), {what, text}};
  return {{outcome, std::move(text)}, std::move(transition)};
}

Reply mark(const Job& job, Asked asked, const char* what, std::string text, WallTime now) {
  Job after = job;
  after.asked = asked;
  after.due = std::min(job.due, now);
  return reply(Outcome::accepted, std::move(text), job, std::move(after), what);
}

// What was granted before stays granted.
Asked with_cancel(Asked before, bool or_remove) {
  switch (before) {
    case Asked::nothing:
    case Asked::cancel:
      return or_remove ? Asked::cancel_or_remove : Asked::cancel;
    case Asked::cancel_or_remove:
      return before;
    case Asked::remove:
    case Asked::cancel_and_remove:
      break;
  }
  return Asked::cancel_and_remove;
}

Asked with_removal(Asked before) {
  return before == Asked::nothing || before == Asked::remove ? Asked::remove : Asked::cancel_and_remove;
}

bool is_at_the_service(State state) {
  return state == State::submitting || state == State::submitted || state == State::updating ||
         state == State::reparsing;
}

Reply too_late(const Job& job, bool or_remove, WallTime now) {
  if (or_remove)
    return mark(job, Asked::remove, "asked_to_delete",
                "too late to cancel: the result is being delivered; its task is deleted then", now);
  return refuse("too late to cancel: the result is being delivered; --or-delete deletes its task afterwards");
}

// Nothing of it has left this machine.
bool is_here_only(const Job& job) {
  return job.state == State::ready || (job.state == State::updating && !update_may_have_left(job));
}

Reply cancelled_here(const Job& job, WallTime now) {
  constexpr const char* kText = "cancelled before it was submitted; nothing was paid";
  if (!job.wanted_settings.empty())
    return {{Outcome::done, kText}, keep_old(job, "cancelled", kText, {.now = now}).transition};
  Job after = moved(job, State::burying, now);
  fail_with(after, "submit", "cancelled", kText);
  return reply(Outcome::done, kText, job, std::move(after), "cancelled");
}

Reply asked_to_cancel(const Job& job, bool or_remove, WallTime now) {
  if (queue::is_end(job.state) || job.state == State::removing)
    return refuse(fmt::format("its way is over: {}", queue::to_string(end_of(job))));
  if (is_here_only(job)) return cancelled_here(job, now);
  const Asked asked = with_cancel(job.asked, or_remove);
  if (is_at_the_service(job.state))
    return mark(job, asked, "asked_to_cancel", "the service is asked to cancel the task", now);
  if (job.state == State::claiming || job.state == State::retrying)
    return mark(job, asked, "asked_to_cancel", "cancelled as soon as its file is in the spool", now);
  if (job.state == State::burying) return refuse("it has failed already");
  return too_late(job, or_remove, now);
}

Reply asked_to_remove(const Job& job, WallTime now) {
  if (job.state == State::removing) return refuse("its task is being deleted already");
  if (!queue::is_end(job.state))
    return mark(job, with_removal(job.asked), "asked_to_delete",
                "its task is deleted at the service once the result is safe here", now);
  if (next_to_remove(job).empty()) return refuse("nothing of it is known to lie at the service");
  Job after = moved(job, State::removing, now);
  after.asked = Asked::remove;
  return reply(Outcome::accepted, "the service is asked to delete its task", job, std::move(after),
               "asked_to_delete");
}

Reply asked_to_retry(const Job& job, WallTime now) {
  if (job.state != State::failed && job.state != State::cancelled)
    return refuse(fmt::format("only what has failed or was cancelled can be tried again; it is {}",
                              queue::to_string(job.state)));
  if (job.error_stage == "claim" && job.error_code == "unreadable")
    return refuse("its file lies in the inbox still and is taken as soon as it can be read");
  return reply(Outcome::accepted, "its original goes back into the spool and is worked on once more", job,
               moved(job, State::retrying, now), "retry");
}

// Where it is begun anew, its submits are counted anew. But nobody knows what a link's earlier ones have
// made, and it has no tag: that there may be such tasks must not be forgotten (see
// SqliteStore::links_in_doubt).
int still_in_doubt(const Job& job) {
  return is_link(job.name) ? std::min(job.possible_duplicates, 1) : 0;
}

Reply asked_to_reprocess(const Job& job, const Reprocess& wish, WallTime now) {
  if (job.state != State::done && job.state != State::failed && job.state != State::cancelled)
    return refuse(
        fmt::format("it is on its way ({}): wait for its end, or cancel it", queue::to_string(job.state)));
  if (job.state == State::done && wish.settings == job.settings)
    return refuse("nothing would change: it has these settings; name others with --set or --profile");
  Job after = job;
  after.wanted_profile = wish.profile;
  after.wanted_settings = wish.settings;
  after.may_resubmit = wish.resubmit;
  after.revision += 1;
  after.asked = Asked::nothing;
  after.not_found = after.empty_reads = 0;
  after.possible_duplicates = still_in_doubt(job);
  const bool has_task = !job.task_id.empty() && job.task_status != kDeleted && job.task_status != "Cancelled";
  if (has_task)
    return reply(Outcome::accepted, "its task is updated with the new settings; no second upload", job,
                 moved(after, State::updating, now), "reprocess");
  if (job.original_pruned)
    return refuse(
        "its task is not at the service any more, and its original was deleted from the archive (retention "
        "in the "
        "configuration): drop the document into the inbox again");
  if (!wish.resubmit) return refuse("its task is not at the service any more: --resubmit pays for a new one");
  after.may_resubmit = false;
  return reply(Outcome::accepted, "its original is submitted anew with the new settings", job,
               moved(after, State::retrying, now), "reprocess");
}

// Whether the service may still hold a result for a document that was given up.
bool task_may_still_succeed(const Job& job) {
  return !job.task_id.empty() && job.task_status != "Failed" && job.task_status != "Cancelled" &&
         job.task_status != kDeleted && job.error_code != "task_lost";
}

Decision tried_again(const Job& job, const Retrieved& original, const Moment& moment) {
  Job after = fresh(job);
  after.sha256 = original.sha256;
  after.size_bytes = original.size_bytes;
  after.spooled = original.identity;
  after.spool = original.spool;
  after.sidecar = original.sidecar;
  if (original.own) after = with_own(std::move(after), *original.own);
  if (original.fault) return bury(after, "claim", original.fault->code, original.fault->message, moment);
  const bool same = original.sha256 == job.sha256 && after.settings == job.settings;
  if (same && task_may_still_succeed(job)) {
    after = moved(after, State::submitted, moment.now);
    after.submitted_at = moment.now;
    return decide(job, std::move(after), "retrieved", "its task may have succeeded by now: asked first");
  }
  if (same && job.error_code == "submit_unconfirmed") {
    after = moved(after, State::submitting, moment.now);
    after.not_found = after.polls = 0;
    after.submitted_at.reset();
    after.possible_duplicates = still_in_doubt(job);
    return decide(job, std::move(after), "retrieved", "looked for in the task list first");
  }
  after.possible_duplicates = still_in_doubt(job);
  return decide(job, without_task(moved(after, State::ready, moment.now)), "retrieved",
                same ? "in the spool again" : "in the spool again, with another content or other settings");
}

}  // namespace

Job fresh(Job job) {
  job.attempts = job.transient_failures = job.polls = job.not_found = job.empty_reads = 0;
  job.error_stage.clear();
  job.error_code.clear();
  job.error_message.clear();
  job.original_name.clear();
  return job;
}

Reply asked(const Job& job, const Wish& wish, WallTime now) {
  return std::visit(Match{
                        [&](const Retry&) { return asked_to_retry(job, now); },
                        [&](const Cancel& cancel) { return asked_to_cancel(job, cancel.or_remove, now); },
                        [&](const Remove&) { return asked_to_remove(job, now); },
                        [&](const Reprocess& reprocess) { return asked_to_reprocess(job, reprocess, now); },
                    },
                    wish);
}

bool wants_cancel(const Job& job) {
  return job.asked != Asked::nothing && job.asked != Asked::remove;
}

bool wants_removal(Asked asked) {
  return asked != Asked::nothing && asked != Asked::cancel;
}

Asked cancel_granted(Asked asked) {
  return asked == Asked::cancel_and_remove ? Asked::remove : Asked::nothing;
}

Asked cancel_too_late(Asked asked) {
  return wants_removal(asked) ? Asked::remove : Asked::nothing;
}

Job with_wanted(Job job) {
  if (job.wanted_settings.empty()) return job;
  job.profile = std::exchange(job.wanted_profile, {});
  job.settings = std::exchange(job.wanted_settings, {});
  job.settings_hash = sha256_hex(job.settings);
  job.may_resubmit = false;
  return job;
}

Decision keep_old(const Job& job, const std::string& code, const std::string& why, const Moment& moment) {
  Job after = job;
  after.wanted_profile.clear();
  after.wanted_settings.clear();
  after.may_resubmit = false;
  if (wants_cancel(after)) after.asked = cancel_granted(after.asked);
  // By way of `delivered`, which takes a copy of the original out of the spool again.
  const bool has_result = !job.delivered_name.empty();
  after = moved(after, has_result ? State::delivered : asked_end_of(after), moment.now);
  return decide(job, std::move(after), "reprocess_failed",
                fmt::format("{}: {}; {}", code, why, has_result ? "the old result stays" : "nothing changed"),
                kReachable);
}

Decision after_retrieve(const Job& job, const Retrieval& retrieval, const Moment& moment) {
  if (const auto* missing = std::get_if<NoOriginal>(&retrieval)) {
    if (!job.wanted_settings.empty()) return keep_old(job, "no_original", missing->why, moment);
    Job after = job;
    if (wants_cancel(after)) after.asked = cancel_granted(after.asked);
    after = moved(after, asked_end_of(after), moment.now);
    return decide(job, std::move(after), "retry_failed", missing->why);
  }
  const auto& original = std::get<Retrieved>(retrieval);
  if (job.wanted_settings.empty()) return tried_again(job, original, moment);
  // A delivered document keeps its old result until the new one is there; any other has nothing to keep.
  Job after = job.delivered_name.empty() ? fresh(with_wanted(job)) : job;
  after.attempts = after.transient_failures = 0;
  after.possible_duplicates = still_in_doubt(job);
  after.sha256 = original.sha256;
  after.size_bytes = original.size_bytes;
  after.spooled = original.identity;
  after.spool = original.spool;
  if (original.fault) return bury(after, "claim", original.fault->code, original.fault->message, moment);
  return decide(job, without_task(moved(after, State::ready, moment.now)), "retrieved",
                "in the spool again, to be submitted with the new settings");
}

Decision honour(Decision decision, const Moment& moment) {
  Job& after = decision.transition.after;
  // Nothing of it is at the service: what was asked for is so.
  if (queue::is_end(after.state)) after.asked = Asked::nothing;
  if (!wants_cancel(after)) return decision;
  if (after.state == State::ready) {
    Job before = after;
    before.state = decision.transition.from;
    Decision cancelled =
        bury(before, "submit", "cancelled", "cancelled before it was submitted, because it was asked for",
             moment, decision.signal);
    cancelled.transition.spent = decision.transition.spent;
    return cancelled;
  }
  if (after.state == State::collecting || after.state == State::delivering) {
    after.asked = cancel_too_late(after.asked);
    decision.transition.event.detail += "; too late to cancel";
  }
  return decision;
}

}  // namespace chunkrd::pipeline::lifecycle
