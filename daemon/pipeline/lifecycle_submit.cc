// Decisions on the way to a task: claim, create, reconcile.
#include <fmt/format.h>

#include <algorithm>

#include "core/errors.h"
#include "pipeline/decision.h"
#include "pipeline/link.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Task;
using taskapi::Unreadable;

// The first look at the task list comes soon (most lost answers are of tasks that exist), later ones back
// off.
constexpr Duration kFirstLook = std::chrono::seconds(1);

// Readings of the whole list that must not show a task before it counts as not there.
constexpr int kReadings = 2;

// The longest wait between two tries of a document while the service fails at submits.
constexpr Duration kOutagePatience = std::chrono::minutes(30);

// So long at least a link that cannot be fetched is tried while no other document is taken: perhaps none can
// be fetched.
constexpr Duration kLinkPatience = std::chrono::hours(2);

Decision with_task(const Job& job, const Task& task, WallTime since, const char* what, Signal::Kind kind,
                   const Moment& moment) {
  Job after = moved(job, State::submitted, moment.now + moment.poll_in);
  after.task_id = task.task_id;
  after.task_status = taskapi::to_string(task.status);
  after.reused_from.clear();
  after.submitted_at = since;
  after.polls = after.not_found = after.empty_reads = 0;
  Decision decision = decide(job, std::move(after), what, "task " + task.task_id, {kind, {}});
  // One that is found again after it was known is no second one.
  if (job.task_id != task.task_id) decision.transition.spent.documents = 1;
  return decision;
}

// The grace time begins here, not with the intent: an upload may take longer than all of it.
Decision ambiguous(const Job& job, std::string why, Signal signal, const Moment& moment,
                   std::string_view status = {}) {
  Job after = moved(job, State::submitting, moment.now + kFirstLook);
  after.submitted_at = moment.now;
  after.transient_failures = after.polls = after.not_found = 0;
  after.task_status = status;
  return decide(job, std::move(after), "answer_lost", std::move(why) + "; looking for the task by its tag",
                signal);
}

// Nothing of this submit can have become a task: the row is ready again.
Decision back_to_ready(const Job& job, std::string what, std::string why, Signal signal, const Moment& moment,
                       const Policy& policy) {
  Decision decision = wait(job, State::ready, std::move(what), std::move(why), signal, moment, policy);
  // A submit that may have arrived before keeps its tag, so that it can still be found.
  if (job.possible_duplicates == 0 && job.task_status != kUnserved) decision.transition.after.tag.clear();
  return decision;
}

// The document could not be read, or the answer not be kept.
Decision failed_here(const Job& job, const NoAnswer& failure, const Moment& moment, const Policy& policy) {
  if (!is_shortage(failure.local)) return bury(job, "submit", "unreadable", failure.message, moment);
  if (failure.request == NoAnswer::Request::maybe_sent)
    return ambiguous(job, describe(failure), signal_of(failure), moment);
  return back_to_ready(job, "not_sent", describe(failure), signal_of(failure), moment, policy);
}

// Statuses that say by their meaning that nothing was done. No other is believed to say it: redirects follow
// a form that was taken, 408 and 499 are said of requests that went on to the service.
bool is_plain_refusal(int http_status) {
  constexpr int kPlain[] = {400, 401, 402, 403, 404, 405, 407, 410, 411, 413, 414,
                            415, 417, 421, 422, 425, 426, 428, 429, 431, 451};
  return std::ranges::find(kPlain, http_status) != std::end(kPlain);
}

Decision refused(const Job& job, const Refusal& refusal, const Moment& moment, const Policy& policy) {
  const Signal signal = signal_of(refusal);
  const bool link = is_link(job.name);
  switch (refusal.http_status) {
    case 400:
    case 415:
    case 422: {  // what the contract answers with 400, in the words of other releases and frameworks
      const bool type = refusal.text.find("Unsupported file type") != std::string::npos;
      return bury(
          job, "submit", type ? "unsupported_type" : "bad_request",
          or_else(refusal.text, describe(refusal)) +
              (link && type
                   ? " (what lies at the address is no document: a page that says so, or asks to sign in?)"
                   : ""),
          moment, kReachable);
    }
    case 413:
      return bury(job, "submit", "too_large", or_else(refusal.text, describe(refusal)), moment, kReachable);
    case 401:
    case 402:
    case 403:
    case 429:
      return back_to_ready(job, "held", describe(refusal), signal, moment, policy);
    default:
      break;
  }
  const Signal trouble{Signal::Kind::trouble, refusal.retry_after};
  if (!refusal.request_whole)
    return back_to_ready(job, "held", describe(refusal) + ", before it had all of the document", trouble,
                         moment, policy);
  // The address is wrong, not the document.
  if (is_plain_refusal(refusal.http_status))
    return back_to_ready(job, "held", describe(refusal) + " (is api.url right?)", trouble, moment, policy);
  // Whether others fare so, too, only their submits can tell.
  if (link && refusal.http_status == 500 && refusal.text.find("Failed to process file") != std::string::npos)
    return ambiguous(job, describe(refusal) + ": it could not fetch what the link names", {}, moment,
                     kNotFetched);
  // 500 may come after the task was made (contract): only the list can tell.
  return ambiguous(job, describe(refusal), trouble, moment,
                   refusal.http_status / 100 == 5 ? kUnserved : std::string_view());
}

// From when on the deadlines of an adopted task count: the loss of its answer, or this look. Not from when
// the service says that it was made: nobody knows how much of that time this daemon has lived through.
WallTime adopted_at(const Job& job, const Moment& moment) {
  return std::min(job.submitted_at.value_or(moment.now), moment.now);
}

// There was a task, its id was known, and now it is neither found nor listed. One more submit may be paid
// for, so it counts as a possible duplicate too and keeps the tag: should the first turn up again, the next
// reconcile finds it.
Decision lost(const Job& job, const Moment& moment, const Policy& policy) {
  const std::string why =
      fmt::format("task {} is not known to the service any more, nor in its list", job.task_id);
  if (job.possible_duplicates >= policy.possible_duplicates)
    return give_up_task(job, "reconcile", "task_lost", why, moment);
  Decision decision = try_again_or_bury(job, "reconcile", "task_lost", why, moment, policy);
  Job& after = decision.transition.after;
  if (after.state != State::ready) return decision;
  after.tag = job.tag;
  after.possible_duplicates += 1;
  return decision;
}

// Has the service taken another document since this one was first tried?
bool others_get_through(const Job& job, const Moment& moment) {
  const auto& taken_at = moment.submits.taken_at;
  return taken_at && *taken_at >= job.intent_at.value_or(job.found_at);
}

// Did this submit fail because submits do, whatever is submitted? Not once the service has taken another one
// since this was first tried.
bool is_of_an_outage(const Job& job, const Moment& moment) {
  return !others_get_through(job, moment) && (moment.submits.fail || job.task_status == kUnserved);
}

// An outage is no verdict on the document: it waits for the end. Longer the longer it lasts, because a
// service that makes tasks, hides them and calls that an error would be paid each time.
Decision unserved(const Job& job, const Moment& moment) {
  const Duration tried = moment.now - job.intent_at.value_or(moment.now);
  Job after =
      moved(job, State::ready, moment.now + std::clamp<Duration>(tried / 2, kFirstLook, kOutagePatience));
  after.submitted_at.reset();
  after.task_status = kUnserved;
  after.polls = after.not_found = 0;
  // A task that turns up late would be taken for another link's of the same name.
  if (is_link(job.name)) after.possible_duplicates = std::max(job.possible_duplicates, 1);
  return decide(
      job, std::move(after), "unserved",
      "the service fails at submits and has made no task of this one: tried again with the same tag",
      kReachable);
}

// A verdict only where it is not everybody's fate.
Decision not_fetched(const Job& job, const Moment& moment, const Policy& policy) {
  const Duration tried = moment.now - job.intent_at.value_or(moment.now);
  Job counted = job;
  counted.attempts += 1;
  const bool outage = !others_get_through(job, moment) && (moment.submits.fail || tried < kLinkPatience);
  if (counted.attempts >= policy.attempts && !outage)
    return bury(counted, "submit", "link_not_fetched",
                fmt::format("the service could not fetch what the link names, {} times", counted.attempts),
                moment, kReachable);
  Job after =
      moved(counted, State::ready, moment.now + std::clamp<Duration>(tried / 2, kFirstLook, kOutagePatience));
  after.submitted_at.reset();
  after.polls = after.not_found = 0;
  // A task that turns up late would be taken for another link's of the same name.
  after.possible_duplicates = std::max(job.possible_duplicates, 1);
  return decide(job, std::move(after), "try_again",
                fmt::format("attempt {}: the service could not fetch what the link names", counted.attempts),
                kReachable);
}

// Absence is no proof: a document is sent again only after it was looked for all through the grace time, and
// in more than one reading of the list, because a list shifts while it is read.
Decision not_listed(const Job& job, const Moment& moment, const Policy& policy) {
  // Nobody saw the submit end (a crash), or the clock was set back: the grace time begins with this look.
  const WallTime since = std::min(job.submitted_at.value_or(moment.now), moment.now);
  if (moment.now - since < policy.reconcile_grace || job.not_found + 1 < kReadings) {
    Decision decision = wait(job, State::submitting, "not_listed", "looked for by tag, again later",
                             kReachable, moment, policy);
    Job& after = decision.transition.after;
    after.submitted_at = since;
    after.not_found += 1;
    after.polls = 0;
    // Not beyond the end of the grace time by more than a moment: the document waits for it.
    after.due = std::min(after.due, std::max(moment.now + kFirstLook, since + policy.reconcile_grace));
    return decision;
  }
  if (!job.task_id.empty()) return lost(job, moment, policy);
  if (job.task_status == kNotFetched) return not_fetched(job, moment, policy);
  if (is_of_an_outage(job, moment)) return unserved(job, moment);
  if (job.possible_duplicates >= policy.possible_duplicates)
    return bury(job, "reconcile", "submit_unconfirmed",
                fmt::format("sent {} times without an answer, and not in the task list; tag {}",
                            job.possible_duplicates + 1, job.tag),
                moment, kReachable);
  Job after = moved(job, State::ready, moment.now);
  after.submitted_at.reset();
  after.task_status.clear();
  after.polls = after.not_found = 0;
  after.possible_duplicates += 1;
  return decide(job, std::move(after), "possible_duplicate",
                "not in the task list after the grace time: submitted again with the same tag", kReachable);
}

// What may be its own task, and nobody can tell, was paid for by somebody: the budget counts it as soon as
// this document does not wait for it any more. Rather once too often than not at all.
Decision with_doubts(const Job& job, Decision decision, const NotListed& look) {
  const bool waits_on = decision.transition.after.state == job.state;
  if (look.nobodys > 0 && !waits_on && job.task_id.empty()) decision.transition.spent.documents += 1;
  return decision;
}

constexpr const char* kNotAllowed = "not_allowed";

// Told once, however often it is tried.
Decision not_allowed(const Job& job, const std::string& why, const Moment& moment) {
  Policy patience;
  patience.backoff_ceiling = kRightsPatience;
  const bool is_told = job.error_code == kNotAllowed && job.error_message == why;
  Decision decision = wait(job, State::claiming, is_told ? "" : kNotAllowed, why, {}, moment, patience);
  fail_with(decision.transition.after, "claim", kNotAllowed, why);
  return decision;
}

// The same file came to nothing so often in a row before each further try has to wait for longer: whatever
// makes it vanish without going away must not fill the queue.
constexpr std::int64_t kOftenVanished = 5;
constexpr Duration kVanishedPause = std::chrono::seconds(10), kLongestVanishedPause = std::chrono::minutes(5);

bool must_wait(const queue::Standing& standing, WallTime now) {
  if (standing.rows < kOftenVanished) return false;
  const auto doublings = std::min<std::int64_t>(standing.rows - kOftenVanished, 10);
  const Duration pause = std::min(kVanishedPause * (1 << doublings), kLongestVanishedPause);
  const Duration passed = now - standing.latest->state_since;
  return passed >= Duration::zero() && passed < pause;  // below zero: the clock was set back
}

Decision look_on(const Job& job, const LookOn& so_far, const Moment& moment) {
  Job after = moved(job, State::submitting, moment.now + kFirstLook);
  after.polls = so_far.pages;
  after.transient_failures += 1;
  return decide(
      job, std::move(after), "looking",
      fmt::format("{} pages of the task list were read and its time is not passed; goes on", so_far.pages),
      kReachable);
}

}  // namespace

std::optional<Fault> fault_of_file(std::uint64_t size_bytes, const Intake& intake) {
  if (size_bytes == 0) return Fault{"empty_file", "the file has no content"};
  if (size_bytes > intake.document_bytes)
    return Fault{"too_large", fmt::format("{} bytes; the limit is {} (limits.document_bytes)", size_bytes,
                                          intake.document_bytes)};
  if (!intake.type_is_taken) return Fault{"unsupported_type", "this inbox does not take the type (types)"};
  return std::nullopt;
}

Meeting meet(const queue::Standing& standing, config::Originals originals, WallTime now) {
  if (standing.latest && !queue::is_end(standing.latest->state)) return Meeting::in_hand;
  if (standing.name_is_claimed) return Meeting::later;
  if (!standing.latest) return Meeting::take;
  if (standing.latest->state == State::vanished)
    return must_wait(standing, now) ? Meeting::later : Meeting::take;
  // What was kept while that was configured must not be paid for again because it is not any more.
  return originals == config::Originals::keep ? Meeting::in_hand : Meeting::left;
}

Decision after_claim(const Job& job, const Claim& claim, const Intake& intake, const Moment& moment) {
  return std::visit(Match{
                        [&](const Gone& gone) {
                          Job after = moved(job, State::vanished, moment.now);
                          fail_with(after, {}, {}, {});
                          return decide(job, std::move(after), "vanished", gone.why);
                        },
                        [&](const CannotRead& failure) {
                          return bury(job, "claim", "unreadable", failure.message, moment);
                        },
                        [&](const NotAllowed& refusal) { return not_allowed(job, refusal.why, moment); },
                        [&](const Spooled& original) {
                          Job known = job;
                          fail_with(known, {}, {}, {});  // what it waited for
                          known.size_bytes = original.size_bytes;
                          known.sha256 = original.sha256;
                          known.spooled = original.identity;
                          if (original.own) known = with_own(std::move(known), *original.own);
                          auto fault = fault_of_file(original.size_bytes, intake);
                          if (!fault) fault = original.fault;
                          if (fault) return bury(known, "claim", fault->code, fault->message, moment);
                          return decide(
                              job, moved(known, State::ready, moment.now), "claimed",
                              fmt::format("{} bytes, SHA-256 {}{}", original.size_bytes, original.sha256,
                                          original.own ? "; settings of its sidecar" : ""));
                        },
                    },
                    claim);
}

Decision after_reuse(const Job& job, const Job& known, const Job& earlier, const Moment& moment) {
  Job after = moved(known, State::delivering, moment.now);
  after.pages = earlier.pages;
  after.task_status.clear();
  after.reused_from = earlier.id;
  return decide(job, std::move(after), "reused",
                fmt::format("the result of job {} is delivered again; nothing is paid", earlier.id));
}

bool is_paid_for(const Job& job) {
  return job.state >= State::submitting && job.state <= State::delivered && job.wanted_settings.empty();
}

// One whose task is known was counted when that became known.
bool may_be_paid_for(const Job& job) {
  return (job.state == State::submitting && job.task_id.empty()) ||
         (job.state == State::updating && job.task_status == kUpdating);
}

// A result that has not come to its place by then has a person's attention, or none will ever come.
constexpr Duration kLongestTwin = std::chrono::days(2);

bool is_to_wait_for(const Job& job, const First& first, WallTime now) {
  if (first.id == job.id) return false;
  // What the service takes its time for would not be faster a second time, and has deadlines of its own; an
  // upload has an end.
  if (first.state <= State::submitted) return true;
  // What it has made waits here for a mount or for space, and this one would be paid for once more.
  return now - first.since < kLongestTwin;
}

Decision wait_for(const Job& job, const std::string& first, Telling telling, const Moment& moment) {
  Job after = job;
  after.due = moment.now + kTwinPatience;
  if (telling == Telling::silent) return decide(job, std::move(after), {}, {});
  return decide(
      job, std::move(after), "waits",
      fmt::format("for job {}, which has the same bytes and settings: its result is delivered for both",
                  first));
}

Decision wait_is_over(const Job& job, const Moment& moment) {
  Job after = job;
  after.due = moment.now;
  return decide(job, std::move(after), {}, {});
}

Decision after_unchanged(const Job& job, const Job& known, const Job& earlier, const std::string& name,
                         const Moment& moment) {
  Job after = moved(known, State::delivered, moment.now);
  after.delivered_name = name;
  after.outbox = earlier.outbox;
  after.reused_from = earlier.id;
  // What is asked for it later, a reprocess or a delete, is meant for the task that its result is of.
  after.task_id = earlier.task_id;
  after.task_status = earlier.task_status;
  after.pages = earlier.pages;
  return decide(job, std::move(after), "unchanged",
                fmt::format("same name and bytes as job {}: its result stays; nothing is paid", earlier.id));
}

queue::Transition intend(const Job& job, const std::string& new_tag, WallTime now) {
  Job after = job;
  after.state = State::submitting;
  after.due = now;
  // Where the tag was in use before, its task may be as old as that.
  const bool goes_on = after.task_status == kUnserved || after.task_status == kNotFetched;
  if (!goes_on || !after.intent_at) after.intent_at = now;
  after.submitted_at.reset();
  after.polls = after.not_found = 0;
  if (after.tag.empty()) after.tag = new_tag;
  std::string tag = "tag " + after.tag;
  return {job.state, std::move(after), {"submitting", std::move(tag)}};
}

Decision after_create(const Job& job, const taskapi::Answer<Task>& answer, const Moment& moment,
                      const Policy& policy) {
  Decision decision = std::visit(
      Match{
          [&](const Task& task) {
            if (task.task_id.empty())
              return ambiguous(job, "a success without a task id", {Signal::Kind::trouble, {}}, moment);
            return with_task(job, task, moment.now, "submitted", Signal::Kind::good, moment);
          },
          [&](const Refusal& refusal) { return refused(job, refusal, moment, policy); },
          [&](const Unreadable& answer_text) {
            return ambiguous(job, answer_text.message, {Signal::Kind::trouble, {}}, moment);
          },
          [&](const NoAnswer& failure) {
            if (failure.cause == NoAnswer::Cause::local_file)
              return failed_here(job, failure, moment, policy);
            if (failure.request == NoAnswer::Request::not_sent)
              return back_to_ready(job, "not_sent", describe(failure), {Signal::Kind::trouble, {}}, moment,
                                   policy);
            return ambiguous(job, describe(failure), {Signal::Kind::trouble, {}}, moment);
          },
      },
      answer);
  decision.signal.source = Signal::Source::submit;
  return decision;
}

// The clocks of this machine and of the service may be so far apart.
constexpr Duration kClocksApart = std::chrono::minutes(10);

Window window_of_submit(const Job& job, WallTime now) {
  return {job.intent_at.value_or(job.found_at) - kClocksApart,
          std::min(job.submitted_at.value_or(now), now) + kClocksApart};
}

bool may_be_link_task(const Job& job, const std::vector<std::string>& names, const Task& task, WallTime now,
                      Duration ahead) {
  if (!job.task_id.empty()) return task.task_id == job.task_id;
  const Window window = window_of_submit(job, now);
  return std::ranges::find(names, task.file_name) != names.end() && task.created_at - ahead >= window.from &&
         task.created_at - ahead <= window.to;
}

Decision after_reconcile(const Job& job, const Search& search, const Moment& moment, const Policy& policy) {
  return std::visit(
      Match{
          [&](const Task& task) {
            if (task.task_id.empty())
              return wait(job, State::submitting, "no_list", "a listed task has no id",
                          {Signal::Kind::trouble, {}}, moment, policy);
            return with_task(job, task, adopted_at(job, moment), "adopted", Signal::Kind::reachable, moment);
          },
          [&](const NotListed& look) { return with_doubts(job, not_listed(job, moment, policy), look); },
          [&](const LookOn& so_far) { return look_on(job, so_far, moment); },
          [&](const Refusal& refusal) {
            return wait(job, State::submitting, "no_list", describe(refusal), signal_of(refusal), moment,
                        policy);
          },
          [&](const NoAnswer& failure) {
            return wait(job, State::submitting, "no_list", describe(failure), {Signal::Kind::trouble, {}},
                        moment, policy);
          },
          [&](const Unreadable& answer_text) {
            return wait(job, State::submitting, "no_list", answer_text.message, {Signal::Kind::trouble, {}},
                        moment, policy);
          },
      },
      search);
}

// As a submit's: the breaker is there for submits, and polls that get through do not end it.
Signal after_health(const taskapi::Answer<taskapi::Accepted>& answer) {
  const Signal trouble{Signal::Kind::trouble, {}, Signal::Source::submit};
  const Signal healthy{Signal::Kind::healthy, {}, Signal::Source::submit};
  return std::visit(Match{
                        [&](const taskapi::Accepted&) { return healthy; },
                        [&](const Refusal& refusal) {
                          // Where only /api is let through nobody would ever answer: the submit has to ask.
                          for (const int unknown_there : {401, 403, 404, 405})
                            if (refusal.http_status == unknown_there) return healthy;
                          return Signal{Signal::Kind::trouble, refusal.retry_after, Signal::Source::submit};
                        },
                        [&](const auto&) { return trouble; },
                    },
                    answer);
}

}  // namespace chunkrd::pipeline::lifecycle
