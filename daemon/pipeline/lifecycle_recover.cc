// Decisions about documents whose rows were lost: what the files and the task list say of them.
#include <fmt/format.h>

#include <algorithm>

#include "core/escape.h"
#include "core/ids.h"
#include "pipeline/decision.h"
#include "pipeline/link.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::Status;
using taskapi::Task;

bool is_over(const Task& task) {
  return task.status == Status::Failed || task.status == Status::Cancelled;
}

Job following(Job job, const std::vector<Task>& tasks, WallTime now) {
  // One that can still succeed is preferred; of those that came to nothing the last one tells why.
  auto chosen = std::ranges::find_if_not(tasks, is_over);
  if (chosen == tasks.end()) chosen = tasks.begin();
  for (const Task& task : tasks) {
    if (&task == &*chosen) continue;
    job.attempts += is_over(task);
    job.earlier_tasks += (job.earlier_tasks.empty() ? "" : " ") + task.task_id;
  }
  job = moved(job, State::submitted, now);
  job.task_id = chosen->task_id;
  job.task_status = taskapi::to_string(chosen->status);
  job.submitted_at = now;  // its deadlines: what was before nobody here has lived through
  job.polls = job.not_found = job.empty_reads = 0;
  return job;
}

// A link has no tag, only a task of its time and its address's name. Whose an older one was may be forgotten
// by now, and with the queue it is lost that this link was in doubt meanwhile.
WallTime searched_from(const Job& job, WallTime now) {
  return is_link(job.name) ? std::max(job.found_at, now - kLinksAreKept / 2) : job.found_at;
}

// There may have been attempts that the row does not know of.
Job with_tag_of_every_attempt(Job job) {
  job.tag = job_mark(job.id);
  return job;
}

// A delete that was granted goes on; that its task is gone already is soon known. No other wish outlives its
// end.
Job with_what_is_asked(Job job) {
  if (!queue::is_end(job.state)) return job;
  if (job.state != State::vanished) job.state = asked_end_of(job);
  job.asked = job.state == State::removing ? queue::Asked::remove : queue::Asked::nothing;
  return job;
}

}  // namespace

Job resumed(Job job, const std::vector<Task>& tasks, std::optional<WallTime> looked_at, WallTime now) {
  // Which attempt it was is not known: what all of them have in common finds any.
  if (job.tag.empty()) job.tag = job_mark(job.id);
  // The list is searched from there on.
  if (!job.intent_at) job.intent_at = searched_from(job, now);
  if (!tasks.empty()) return following(std::move(job), tasks, now);
  job = moved(job, State::submitting, now);
  job.submitted_at = looked_at;
  return job;
}

std::optional<Job> as_listed(const Job& job, const std::vector<Task>& listed,
                             std::optional<WallTime> looked_at, WallTime now) {
  std::vector<Task> tasks = listed;
  std::erase_if(tasks, [&](const Task& task) { return job.earlier_tasks.contains(task.task_id); });
  const auto is_new = [&](const Task& task) { return task.task_id != job.task_id; };
  const bool has_new = std::ranges::any_of(tasks, is_new);
  switch (job.state) {
    // Also where the list was read whole: what was submitted a moment ago may not be in it yet, and when that
    // was an older row does not know.
    case State::ready:
      break;
    case State::submitting:
      if (!has_new && !job.task_id.empty()) return std::nullopt;
      break;
    case State::submitted:
      if (!has_new) return with_tag_of_every_attempt(job);
      break;
    case State::burying:
      if (std::ranges::none_of(tasks, [&](const Task& task) { return is_new(task) && !is_over(task); }))
        return std::nullopt;
      break;
    default:
      return std::nullopt;
  }
  const bool is_listed = !std::ranges::all_of(tasks, is_new);
  Job known = with_tag_of_every_attempt(job);
  known.polls = known.not_found = 0;
  if (is_listed) known.task_id.clear();
  if (!known.task_id.empty()) known = without_task(std::move(known));
  fail_with(known, {}, {}, {});
  return resumed(std::move(known), tasks, looked_at, now);
}

bool came_to_nothing(const Job& job, const Task& task) {
  return is_over(task) && job.earlier_tasks.contains(task.task_id);
}

bool is_older_than_its_spool(const Job& job) {
  return queue::is_end(job.state) || job.state == State::claiming || job.state == State::retrying ||
         job.state == State::removing;
}

Job found_in_spool(const Job& job, WallTime now) {
  // Its result is there: what lies in the spool is put away.
  if (!job.delivered_name.empty() && job.state != State::retrying) return moved(job, State::delivered, now);
  Job again = job.wanted_settings.empty() ? fresh(job) : job;
  if (!again.task_id.empty()) again = without_task(std::move(again));
  return again;
}

bool is_older_than_its_failure(const Job& job, const Job& reported) {
  if (!job.delivered_name.empty() || job.state == State::vanished) return false;
  // What was reported before is what is tried again.
  if (queue::is_end(job.state) || job.state == State::retrying)
    return !reported.task_id.empty() && reported.task_id != job.task_id &&
           !job.earlier_tasks.contains(reported.task_id);
  return true;
}

Job failed_before(Job job, const Job& reported) {
  if (!job.task_id.empty() && job.task_id != reported.task_id) job = without_task(std::move(job));
  job = moved(job, reported.state, reported.due);
  fail_with(job, reported.error_stage, reported.error_code, reported.error_message);
  job.wanted_profile.clear();
  job.wanted_settings.clear();
  job.may_resubmit = false;
  job.task_id = reported.task_id;
  job.task_status = reported.task_status;
  job.tag = reported.tag;
  if (!job.intent_at) job.intent_at = reported.intent_at;
  job.attempts = reported.attempts;
  job.possible_duplicates = reported.possible_duplicates;
  job.size_bytes = reported.size_bytes;
  job.sha256 = reported.sha256;
  return with_what_is_asked(std::move(job));
}

Job delivered_before(Job job, Reached reached, WallTime at) {
  // What went wrong before does not count any more, and where the original was put then neither.
  if (!job.error_code.empty()) {
    job.original_name.clear();
    job.shelf.clear();
  }
  fail_with(job, {}, {}, {});
  job.wanted_profile.clear();
  job.wanted_settings.clear();
  job.may_resubmit = false;
  if (wants_cancel(job)) job.asked = cancel_too_late(job.asked);
  State state = State::done;
  if (reached == Reached::begun) state = State::delivering;
  if (reached == Reached::shown) state = State::delivered;
  job = moved(job, state, at);
  // A result that was taken over from another document has no task.
  if (!job.task_id.empty()) job.task_status = taskapi::to_string(Status::Succeeded);
  return with_what_is_asked(std::move(job));
}

bool is_older_than_its_result(const Job& job, int revision) {
  if (job.revision != revision) return job.revision < revision;
  const bool is_told =
      job.state == State::delivered || job.state == State::done || job.state == State::removing;
  return !is_told || job.delivered_name.empty();
}

bool belongs_into_spool(const Job& job) {
  switch (job.state) {
    case State::ready:
    case State::submitting:
    case State::submitted:
      return true;
    // Of what is only processed anew it lies where it was put away.
    case State::collecting:
    case State::delivering:
    case State::burying:
      return job.delivered_name.empty() && job.original_name.empty() && job.bound_for.empty();
    default:
      return false;
  }
}

namespace {

// Looks in which an original is missed, and the time between two: a person who has taken it by mistake, or a
// program that looks for viruses, brings it back at once or not at all.
constexpr int kLooksForOriginal = 3;
constexpr Duration kMissedFor = std::chrono::minutes(1);

constexpr const char* kOriginalMissing = "original_missing";

Decision missed(const Job& job, const std::string& why, const Moment& moment) {
  Job after = moved(job, job.state, moment.now + kMissedFor);
  after.not_found += 1;
  Decision decision = decide(job, std::move(after), kOriginalMissing, why);
  if (job.not_found > 0) decision.transition.event = {};
  return decision;
}

// Its result was delivered: that is what the document came for.
Decision done_without_original(const Job& job, const Traces& traces, const std::string& why,
                               const Moment& moment, const Policy& policy) {
  Job after = job;
  if (traces.result) {
    after.delivered_name = traces.result->name;
    after.outbox = traces.result->outbox;
  }
  const Stored original = traces.original.value_or(Stored{});
  after.original_name = original.name;
  after.shelf = original.shelf;
  after.bound_for.clear();
  fail_with(after, {}, {}, {});
  if (wants_cancel(job)) after.asked = cancel_too_late(job.asked);
  after = moved(after, over(after, policy), moment.now);
  return decide(job, std::move(after), original.name.empty() ? kOriginalMissing : "done",
                fmt::format("its result lies in the outbox as {}; {}", printable(after.delivered_name),
                            original.name.empty() ? why : original.told));
}

}  // namespace

Decision after_missing(const Job& job, const Traces& traces, const std::string& why, const Moment& moment,
                       const Policy& policy) {
  if (traces.result || (job.state == State::delivered && traces.original))
    return done_without_original(job, traces, why, moment, policy);
  if (traces.reported && job.delivered_name.empty()) {
    Job after = failed_before(job, *traces.reported);
    const Stored original = traces.original.value_or(Stored{});
    after.original_name = original.name;
    after.shelf = original.shelf;
    after.bound_for.clear();
    return decide(job, std::move(after), "buried", "its report lies in failed/ already");
  }
  if (traces.in_inbox && job.delivered_name.empty() && job.state == State::ready) {
    Job after = moved(job, State::claiming, moment.now);
    after.not_found = 0;
    return decide(job, std::move(after), "returned",
                  "its original lies in the inbox again: it is taken anew");
  }
  const bool is_decided = job.state == State::burying && job.error_code == kOriginalMissing;
  if (!is_decided && job.not_found + 1 < kLooksForOriginal) return missed(job, why, moment);
  if (job.state == State::delivered) return done_without_original(job, traces, why, moment, policy);
  if (job.state == State::burying)
    return after_bury(job, {{}, "its original is nowhere any more; the report is in failed/", {}}, moment,
                      policy);
  return bury(job, "submit", kOriginalMissing, why, moment);
}

bool is_to_be_reported(const Decision& decision, const Traces& traces) {
  return decision.transition.from == State::burying && decision.transition.after.state != State::burying &&
         !traces.reported && !traces.result;
}

}  // namespace chunkrd::pipeline::lifecycle
