// The decisions on the way to a task, as tables: claim, intend, create, reconcile.
#include <gmock/gmock.h>

#include <set>

#include "tests/unit/pipeline/expect.h"

namespace chunkrd::pipeline::lifecycle {
namespace {

using testing::HasSubstr;
using Request = NoAnswer::Request;
using Cause = NoAnswer::Cause;

// --- claim ---

struct ClaimRow {
  const char* what;
  Claim claim;
  Intake intake;
  Expected expected;
};

TEST(AfterClaim, DecidesOnEveryOutcome) {
  const Intake intake{1000, true};
  const ClaimRow table[] = {
      {"in the spool", Spooled{"d1", 1000}, intake, {State::ready, Due::now, Kind::none}},
      {"gone", Gone{"vanished"}, intake, {State::vanished, Due::now, Kind::none}},
      {"unreadable", CannotRead{"EACCES"}, intake, {State::burying, Due::now, Kind::none, "unreadable"}},
      {"empty", Spooled{"d1", 0}, intake, {State::burying, Due::now, Kind::none, "empty_file"}},
      {"a byte too large", Spooled{"d1", 1001}, intake, {State::burying, Due::now, Kind::none, "too_large"}},
      {"another type",
       Spooled{"d1", 9},
       {1000, false},
       {State::burying, Due::now, Kind::none, "unsupported_type"}},
  };
  for (const ClaimRow& row : table) {
    SCOPED_TRACE(row.what);
    const Job job = job_in(State::claiming);
    expect_decision(job, after_claim(job, row.claim, row.intake, moment_at(kNow)), row.expected);
  }
}

TEST(AfterClaim, WhatWeMayNotTakeIsToldOnceAndTriedAgain) {
  Job job = job_in(State::claiming);
  const auto first = after_claim(job, NotAllowed{"sticky"}, {1000, true}, moment_at(kNow)).transition;
  EXPECT_EQ(first.after.state, State::claiming);
  EXPECT_EQ(first.after.error_code, "not_allowed");
  EXPECT_EQ(first.event.detail, "sticky");
  EXPECT_FALSE(first.event.what.empty());
  job = first.after;
  for (int i = 0; i < 100; ++i) {
    const auto again = after_claim(job, NotAllowed{"sticky"}, {1000, true}, moment_at(kNow)).transition;
    EXPECT_TRUE(again.event.what.empty()) << "told already";
    EXPECT_GT(again.after.due, kNow);
    EXPECT_LE(again.after.due, kNow + 1min) << "rights can be given at any time";
    job = again.after;
  }
  const auto another =
      after_claim(job, NotAllowed{"no permission"}, {1000, true}, moment_at(kNow)).transition;
  EXPECT_EQ(another.event.detail, "no permission");
  for (const Claim& end : {Claim(Spooled{"d1", 10}), Claim(Gone{"changed"})})
    EXPECT_EQ(after_claim(job, end, {1000, true}, moment_at(kNow)).transition.after.error_code, "");
}

// --- meet: the rest of it is in intake_test.cc, with a queue ---

TEST(Meet, WhatVanishesAgainAndAgainIsTakenLessAndLessOften) {
  queue::Standing standing;
  standing.latest = job_in(State::vanished);
  const auto first_time_taken = [&](std::int64_t rows) {
    standing.rows = rows;
    standing.latest->state_since = kNow;
    for (auto passed = Duration::zero();; passed += 1s)
      if (meet(standing, config::Originals::archive, kNow + passed) == Meeting::take) return passed;
  };
  EXPECT_EQ(first_time_taken(1), 0s);
  EXPECT_EQ(first_time_taken(4), 0s);
  EXPECT_EQ(first_time_taken(5), 10s);
  EXPECT_EQ(first_time_taken(6), 20s);
  EXPECT_EQ(first_time_taken(1000), 5min);
  standing.latest->state_since = kNow + 24h;
  EXPECT_EQ(meet(standing, config::Originals::archive, kNow), Meeting::take) << "the clock was set back";
}

TEST(AfterClaim, KnowsSizeAndDigestAlsoOfWhatIsRefused) {
  const Job job = job_in(State::claiming);
  const auto refused = after_claim(job, Spooled{"d1", 1001}, {1000, true}, moment_at(kNow));
  EXPECT_EQ(refused.transition.after.sha256, "d1");
  EXPECT_EQ(refused.transition.after.size_bytes, 1001);
}

// --- intend ---

TEST(Intend, WritesTagAndTimeBeforeAnythingLeaves) {
  Job job = job_in(State::ready);
  job.submitted_at = kNow - 1h;  // of a submit before
  const queue::Transition intent = intend(job, "new-tag", kNow);
  expect_sound(job, intent);
  EXPECT_EQ(intent.after.state, State::submitting);
  EXPECT_EQ(intent.after.tag, "new-tag");
  EXPECT_EQ(intent.after.intent_at, kNow);
  EXPECT_EQ(intent.after.submitted_at, std::nullopt);
  EXPECT_EQ(intent.after.due, kNow);
}

TEST(Intend, KeepsTheTagOfASubmitThatMayHaveArrived) {
  Job job = job_in(State::ready);
  job.tag = kTag;
  job.possible_duplicates = 1;
  const queue::Transition intent = intend(job, "new-tag", kNow);
  EXPECT_EQ(intent.after.tag, kTag);
  EXPECT_THAT(intent.event.detail, HasSubstr(kTag));
}

TEST(Intend, KeepsTheBackoffOfAHostThatCannotBeReached) {
  Job job = job_in(State::ready);
  job.transient_failures = 4;
  EXPECT_EQ(intend(job, "t", kNow).after.transient_failures, 4);
}

// --- create ---

struct CreateRow {
  const char* what;
  taskapi::Answer<Task> answer;
  Expected expected;
};

const Expected kTaken{State::submitted, Due::poll, Kind::good};
const Expected kLookForIt{State::submitting, Due::first_look, Kind::trouble};
const Expected kNotSent{State::ready, Due::backoff, Kind::trouble, "", 0, 0, 1};

Expected held(Kind signal, Due due = Due::backoff) {
  return {State::ready, due, signal, "", 0, 0, 1};
}

Expected dead_letter(const char* code, Kind signal = Kind::reachable) {
  return {State::burying, Due::now, signal, code};
}

Refusal answered_early(int http_status) {
  Refusal early = refusal(http_status, "gone away");
  early.request_whole = false;
  return early;
}

const CreateRow kCreateTable[] = {
    {"Starting", task_in(Status::Starting, "Task queued"), kTaken},
    {"Processing", task_in(Status::Processing), kTaken},
    {"Succeeded", task_in(Status::Succeeded), kTaken},
    {"Failed", task_in(Status::Failed), kTaken},
    {"Cancelled", task_in(Status::Cancelled), kTaken},
    {"200 without an id", Task{}, kLookForIt},
    {"201 without a task", refusal(201), kLookForIt},

    {"400 type", refusal(400, "Unsupported file type"), dead_letter("unsupported_type")},
    {"400 base64", refusal(400, "Invalid base64 data"), dead_letter("bad_request")},
    {"400 settings", refusal(400, "Json deserialize error: missing field `file`"),
     dead_letter("bad_request")},
    {"400 model", refusal(400, "Unknown model_id 'nope'."), dead_letter("bad_request")},
    {"400 without a text", refusal(400), dead_letter("bad_request")},
    {"413", refusal(413, "Payload too large"), dead_letter("too_large")},
    {"413 without a text", refusal(413), dead_letter("too_large")},
    {"415", refusal(415, "Unsupported Media Type"), dead_letter("bad_request")},
    {"422", refusal(422, "invalid value"), dead_letter("bad_request")},

    {"401", refusal(401, "Invalid or inactive API key"), held(Kind::refused_key)},
    {"402", refusal(402, "Payment required"), held(Kind::over_quota)},
    {"403", refusal(403, "Forbidden"), held(Kind::refused_key)},
    {"429 quota", refusal(429, "Usage limit exceeded"), held(Kind::over_quota)},
    {"429 edge", refusal(429, "429 Failure"), held(Kind::slow_down)},
    {"429 with Retry-After", refusal(429, "429 Failure", kRetryAfter), held(Kind::slow_down, Due::asked_for)},

    {"408", refusal(408, "Request Timeout"), kLookForIt},
    {"500 file", refusal(500, "Failed to process file"), kLookForIt},
    {"500 task", refusal(500, "Failed to create task"), kLookForIt},
    {"500 key", refusal(500, "Failed to find API key"), kLookForIt},
    {"502", refusal(502, "<html>"), kLookForIt},
    {"503 with Retry-After", refusal(503, "", kRetryAfter), kLookForIt},
    {"504", refusal(504), kLookForIt},

    {"300", refusal(300), kLookForIt},
    {"301", refusal(301), kLookForIt},
    {"302", refusal(302), kLookForIt},
    {"303 after a form that was taken", refusal(303), kLookForIt},
    {"304", refusal(304), kLookForIt},
    {"307", refusal(307), kLookForIt},
    {"308", refusal(308), kLookForIt},
    {"404", refusal(404), kNotSent},
    {"405", refusal(405), kNotSent},
    {"409", refusal(409), kLookForIt},
    {"418", refusal(418), kLookForIt},
    {"499", refusal(499), kLookForIt},
    {"502 to a part of the document", answered_early(502), kNotSent},
    {"408 to a part of the document", answered_early(408), kNotSent},
    {"413 to a part of the document", answered_early(413), dead_letter("too_large")},

    {"no such host", no_answer(Request::not_sent, Cause::resolve), kNotSent},
    {"refused", no_answer(Request::not_sent, Cause::connect), kNotSent},
    {"certificate", no_answer(Request::not_sent, Cause::tls), kNotSent},
    {"connect timeout", no_answer(Request::not_sent, Cause::timeout), kNotSent},
    {"never left", no_answer(Request::not_sent, Cause::cut), kNotSent},
    {"other, not sent", no_answer(Request::not_sent, Cause::other), kNotSent},
    {"sent, timeout", no_answer(Request::maybe_sent, Cause::timeout), kLookForIt},
    {"sent, cut", no_answer(Request::maybe_sent, Cause::cut), kLookForIt},
    {"sent, connect", no_answer(Request::maybe_sent, Cause::connect), kLookForIt},
    {"sent, tls", no_answer(Request::maybe_sent, Cause::tls), kLookForIt},
    {"sent, resolve", no_answer(Request::maybe_sent, Cause::resolve), kLookForIt},
    {"sent, other", no_answer(Request::maybe_sent, Cause::other), kLookForIt},
    {"file unreadable", no_answer(Request::not_sent, Cause::local_file),
     dead_letter("unreadable", Kind::trouble)},
    {"file cut short", no_answer(Request::maybe_sent, Cause::local_file),
     dead_letter("unreadable", Kind::trouble)},
    {"no descriptor for the file", no_answer(Request::not_sent, Cause::local_file, EMFILE), held(Kind::none)},
    {"the disk is full", no_answer(Request::not_sent, Cause::local_file, ENOSPC), held(Kind::disk_full)},
    {"the disk fails within the file",
     no_answer(Request::maybe_sent, Cause::local_file, EIO),
     {State::submitting, Due::first_look, Kind::none}},
    {"no memory for the answer",
     no_answer(Request::maybe_sent, Cause::local_file, ENOMEM),
     {State::submitting, Due::first_look, Kind::none}},

    {"200 garbled", Unreadable{"not JSON"}, kLookForIt},
};

TEST(AfterCreate, DecidesOnEveryAnswer) {
  for (CreateRow row : kCreateTable) {
    SCOPED_TRACE(row.what);
    if (row.expected.error_code == std::string("unreadable")) row.expected.signal = Kind::none;
    const Job job = job_in(State::submitting);
    const Decision decision = after_create(job, row.answer, moment_at(kNow), Policy{});
    expect_decision(job, decision, row.expected);
    EXPECT_EQ(decision.signal.source, Signal::Source::submit);
    EXPECT_EQ(decision.transition.after.task_id.empty(), row.expected.state != State::submitted);
  }
}

// Whatever a service, or something on the way to it, makes of a submit: it is looked for before it is sent
// again, unless the answer means that nothing was done.
TEST(AfterCreate, NoStatusLeadsToASecondPaidTaskUnlooked) {
  const std::set<int> plain{401, 402, 403, 404, 405, 407, 410, 411, 414,
                            417, 421, 425, 426, 428, 429, 431, 451};
  const std::set<int> verdicts{400, 413, 415, 422};
  for (int status = 100; status <= 999; ++status)
    for (const char* text : {"", "<html>", R"({"task_id":"t"})"}) {
      SCOPED_TRACE(status);
      const Job job = job_in(State::submitting);
      const Job after = after_create(job, refusal(status, text), moment_at(kNow), Policy{}).transition.after;
      const State expected = plain.contains(status)      ? State::ready
                             : verdicts.contains(status) ? State::burying
                                                         : State::submitting;
      EXPECT_EQ(after.state, expected);
      if (expected == State::submitting) EXPECT_EQ(after.tag, job.tag);
    }
}

TEST(AfterCreate, ATaskStartsWithCleanCounters) {
  Job job = job_in(State::submitting);
  job.polls = job.not_found = job.empty_reads = job.transient_failures = 3;
  const Job after = after_create(job, task_in(Status::Starting), moment_at(kNow), Policy{}).transition.after;
  EXPECT_EQ(after.task_id, kTaskId);
  EXPECT_EQ(after.task_status, "Starting");
  EXPECT_EQ(after.submitted_at, kNow);
  EXPECT_EQ(after.polls + after.not_found + after.empty_reads + after.transient_failures, 0);
}

TEST(AfterCreate, APlainFailureGivesTheTagBackButNotOneThatMayBeInUse) {
  Job job = job_in(State::submitting);
  const taskapi::Answer<Task> answer = no_answer(Request::not_sent, Cause::connect);
  EXPECT_EQ(after_create(job, answer, moment_at(kNow), Policy{}).transition.after.tag, "");
  job.possible_duplicates = 1;
  EXPECT_EQ(after_create(job, answer, moment_at(kNow), Policy{}).transition.after.tag, kTag);
}

TEST(AfterCreate, ALostAnswerKeepsTagAndIntentAndBeginsTheLookingAnew) {
  Job job = job_in(State::submitting);
  job.transient_failures = 9;  // of a host that could not be reached before
  const Job after = after_create(job, Unreadable{"?"}, moment_at(kNow), Policy{}).transition.after;
  EXPECT_EQ(after.tag, kTag);
  EXPECT_EQ(after.intent_at, job.intent_at);
  EXPECT_EQ(after.transient_failures, 0);
}

TEST(AfterCreate, TheReportHasTheServicesText) {
  const Job job = job_in(State::submitting);
  const auto text = [&](const Refusal& answer) {
    return after_create(job, answer, moment_at(kNow), Policy{}).transition.after.error_message;
  };
  EXPECT_EQ(text(refusal(400, "Unsupported file type")), "Unsupported file type");
  EXPECT_THAT(text(refusal(400)), HasSubstr("400"));
}

TEST(AfterCreate, ARetryAfterOfAYearIsNotBelieved) {
  const Job job = job_in(State::submitting);
  const auto decision = after_create(job, refusal(429, "", Duration(24h * 365)), moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.due, kNow + Policy{}.retry_after_ceiling);
}

TEST(AfterCreate, ANegativeRetryAfterIsNoTimeTravel) {
  const Job job = job_in(State::submitting);
  const auto decision = after_create(job, refusal(429, "", Duration(-5s)), moment_at(kNow), Policy{});
  EXPECT_GT(decision.transition.after.due, kNow);
}

// --- reconcile ---

struct ReconcileRow {
  const char* what;
  Search search;
  Expected expected;
};

TEST(AfterHealth, OnlyAServiceThatIsThereIsHealthy) {
  using taskapi::Accepted;
  EXPECT_EQ(after_health(Accepted{"OK - Version 1.14.2"}).kind, Kind::healthy);
  for (const int status : {301, 400, 408, 429, 500, 502, 503, 504})
    EXPECT_EQ(after_health(refusal(status)).kind, Kind::trouble) << status;
  for (const int status : {401, 403, 404, 405})
    EXPECT_EQ(after_health(refusal(status)).kind, Kind::healthy)
        << status << ": nobody answers /health there";
  EXPECT_EQ(after_health(no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::timeout)).kind,
            Kind::trouble);
  EXPECT_EQ(after_health(Unreadable{"x"}).kind, Kind::trouble);
  EXPECT_EQ(after_health(refusal(503, "", 17min)).wait, 17min);
  EXPECT_EQ(after_health(refusal(503)).source, Signal::Source::submit);
}

TEST(AfterReconcile, DecidesOnEveryAnswer) {
  const Expected adopted{State::submitted, Due::poll, Kind::reachable};
  const auto no_list = [](Kind signal, Due due = Due::backoff) {
    return Expected{State::submitting, due, signal, "", 0, 0, 1};
  };
  const ReconcileRow table[] = {
      {"Starting", task_in(Status::Starting), adopted},
      {"Processing", task_in(Status::Processing), adopted},
      {"Succeeded", task_in(Status::Succeeded), adopted},
      {"Failed", task_in(Status::Failed), adopted},
      {"Cancelled", task_in(Status::Cancelled), adopted},
      {"a task without an id", Task{}, no_list(Kind::trouble)},
      {"not listed", NotListed{}, no_list(Kind::reachable)},
      {"a long list", LookOn{50}, {State::submitting, Due::first_look, Kind::reachable, "", 0, 0, 1}},
      {"400", refusal(400, "bad query"), no_list(Kind::trouble)},
      {"401", refusal(401), no_list(Kind::refused_key)},
      {"403", refusal(403), no_list(Kind::refused_key)},
      {"404", refusal(404), no_list(Kind::trouble)},
      {"429", refusal(429, "429 Failure"), no_list(Kind::slow_down)},
      {"429 with Retry-After", refusal(429, "", kRetryAfter), no_list(Kind::slow_down, Due::asked_for)},
      {"429 quota", refusal(429, "Usage limit exceeded"), no_list(Kind::over_quota)},
      {"500", refusal(500, "Failed to get tasks"), no_list(Kind::trouble)},
      {"503 with Retry-After", refusal(503, "", kRetryAfter), no_list(Kind::trouble, Due::asked_for)},
      {"not sent", no_answer(Request::not_sent, Cause::connect), no_list(Kind::trouble)},
      {"cut", no_answer(Request::maybe_sent, Cause::cut), no_list(Kind::trouble)},
      {"garbled", Unreadable{"<html>"}, no_list(Kind::trouble)},
  };
  for (const ReconcileRow& row : table) {
    SCOPED_TRACE(row.what);
    Job job = job_in(State::submitting);
    job.submitted_at = kNow - 1s;
    const Decision decision = after_reconcile(job, row.search, moment_at(kNow), Policy{});
    expect_decision(job, decision, row.expected);
    EXPECT_EQ(decision.signal.source, Signal::Source::other);
    EXPECT_EQ(decision.transition.after.tag, kTag);
  }
}

Job answer_lost(Duration ago) {
  Job job = job_in(State::submitting);
  job.not_found = 1;  // one reading of the list has not shown it
  job.intent_at = kNow - ago - 1min;
  job.submitted_at = kNow - ago;
  return job;
}

TEST(AfterReconcile, AfterTheGraceTimeItIsSentAgainWithTheSameTag) {
  const Job job = answer_lost(2min);
  const Decision decision = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::ready, Due::now, Kind::reachable, "", 0, 1});
  EXPECT_EQ(decision.transition.after.not_found, 0);
  EXPECT_EQ(decision.transition.after.tag, kTag);
  EXPECT_EQ(decision.transition.event.what, "possible_duplicate");
}

// Links: a task of its name is there, and nobody can tell whose it is.
TEST(AfterReconcile, WhatMayBeItsOwnTaskCountsAsPaidOnceItIsNotWaitedForAnyMore) {
  const NotListed doubt{.nobodys = 1};
  EXPECT_EQ(after_reconcile(answer_lost(2min), NotListed{}, moment_at(kNow), Policy{}).transition.spent,
            queue::Spent{});
  EXPECT_EQ(after_reconcile(answer_lost(1min), doubt, moment_at(kNow), Policy{}).transition.spent,
            queue::Spent{})
      << "in doubt, it is counted anyway";
  EXPECT_EQ(after_reconcile(answer_lost(2min), doubt, moment_at(kNow), Policy{}).transition.spent.documents,
            1);
  Job last = answer_lost(2min);
  last.possible_duplicates = Policy{}.possible_duplicates;
  const Decision given_up = after_reconcile(last, doubt, moment_at(kNow), Policy{});
  EXPECT_EQ(given_up.transition.after.state, State::burying);
  EXPECT_EQ(given_up.transition.spent.documents, 1);
}

// A list shifts while it is read: one reading may step over a task.
TEST(AfterReconcile, OneReadingOfTheListIsNotEnough) {
  Job job = answer_lost(1h);
  job.not_found = 0;
  const Decision first = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  EXPECT_EQ(first.transition.after.state, State::submitting);
  EXPECT_LE(first.transition.after.due, kNow + 1s);
  const Decision second =
      after_reconcile(first.transition.after, NotListed{}, moment_at(kNow + 1s), Policy{});
  EXPECT_EQ(second.transition.after.state, State::ready);
}

TEST(AfterReconcile, ALookThatHasNotReadTheWholeListSaysNothing) {
  const Job job = answer_lost(24h);
  Job after = job;
  for (int pages = 50; pages <= 1000; pages += 50) {
    after = after_reconcile(after, LookOn{pages}, moment_at(kNow), Policy{}).transition.after;
    EXPECT_EQ(after.state, State::submitting);
    EXPECT_EQ(after.polls, pages) << "the next look goes on there";
    EXPECT_EQ(after.not_found, job.not_found);
  }
}

// --- a service that fails at submits, whatever is submitted ---

Moment moment_with(Submits submits, WallTime now = kNow) {
  Moment moment = moment_at(now);
  moment.submits = submits;
  return moment;
}

Job unserved_job(Duration ago) {
  const Job job = after_create(job_in(State::submitting), refusal(500, "Failed to create task"),
                               moment_at(kNow - ago), Policy{})
                      .transition.after;
  Job looked = job;
  looked.intent_at = kNow - ago;
  looked.not_found = 1;
  return looked;
}

TEST(AnOutageOfSubmits, BurnsNoPossibleDuplicateHoweverLongItLasts) {
  Job job = unserved_job(2min);
  const WallTime first_intent = *job.intent_at;
  WallTime now = kNow;
  Duration longest{0};
  for (int round = 0; round < 50; ++round) {
    SCOPED_TRACE(round);
    const Decision again = after_reconcile(job, NotListed{}, moment_with({}, now), Policy{});
    const Job& ready = again.transition.after;
    ASSERT_EQ(ready.state, State::ready);
    EXPECT_EQ(ready.possible_duplicates, 0);
    EXPECT_EQ(ready.tag, job.tag) << "either one can be found";
    EXPECT_GE(ready.due - now, longest) << "further and further apart";
    longest = ready.due - now;
    EXPECT_LE(longest, 30min);
    now = ready.due;
    const Job intent = intend(ready, "another-tag", now).after;
    EXPECT_EQ(intent.tag, job.tag);
    EXPECT_EQ(intent.intent_at, first_intent) << "its task may be as old as the first try";
    job = after_create(intent, refusal(503), moment_at(now), Policy{}).transition.after;
    job.not_found = 1;
    now += 2min;
  }
  EXPECT_EQ(longest, 30min);
}

TEST(AnOutageOfSubmits, LeavesALinkInDoubtForItsTaskHasNoTag) {
  Job link = unserved_job(2min);
  link.name = "report.url";
  WallTime now = kNow;
  for (int round = 0; round < 5; ++round, now += 2min) {
    const Decision again = after_reconcile(link, NotListed{}, moment_at(now), Policy{});
    EXPECT_EQ(again.transition.event.what, "unserved");
    EXPECT_EQ(again.transition.after.possible_duplicates, 1)
        << "others are told apart by it; it burns no more";
    link = after_create(intend(again.transition.after, "another-tag", now).after, refusal(503),
                        moment_at(now), Policy{})
               .transition.after;
    link.not_found = 1;
  }
}

TEST(AnOutageOfSubmits, KeepsTheTagAlsoWhenATryDoesNotArrive) {
  const Job ready =
      after_reconcile(unserved_job(2min), NotListed{}, moment_at(kNow), Policy{}).transition.after;
  const Job intent = intend(ready, "another-tag", kNow).after;
  const Job after =
      after_create(intent, no_answer(Request::not_sent, Cause::connect), moment_at(kNow), Policy{})
          .transition.after;
  EXPECT_EQ(after.state, State::ready);
  EXPECT_EQ(intend(after, "another-tag", kNow).after.tag, kTag);
}

TEST(AnOutageOfSubmits, IsNoneOnceAnotherDocumentWasTaken) {
  const Job job = unserved_job(2min);
  const auto taken = [](Duration ago) { return Submits{.taken_at = kNow - ago}; };
  EXPECT_EQ(after_reconcile(job, NotListed{}, moment_with(taken(3min)), Policy{}).transition.event.what,
            "unserved");
  const Decision counted = after_reconcile(job, NotListed{}, moment_with(taken(1min)), Policy{});
  expect_decision(job, counted, {State::ready, Due::now, Kind::reachable, "", 0, 1});
  const Job next = intend(counted.transition.after, "another-tag", kNow).after;
  EXPECT_EQ(next.intent_at, kNow) << "an outage that begins now is another one";
  EXPECT_EQ(next.tag, kTag);
  Job often = job;
  often.possible_duplicates = Policy{}.possible_duplicates;
  expect_decision(often, after_reconcile(often, NotListed{}, moment_with(taken(1min)), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "submit_unconfirmed"});
}

TEST(AnOutageOfSubmits, MayAlsoBeSilence) {
  const Job job = answer_lost(2min);
  EXPECT_EQ(after_reconcile(job, NotListed{}, moment_with({{}, true}), Policy{}).transition.event.what,
            "unserved");
  EXPECT_EQ(after_reconcile(job, NotListed{}, moment_with({{}, false}), Policy{}).transition.event.what,
            "possible_duplicate");
}

// --- a link that the service cannot fetch ---

// It is submitted at `now` and refused, and its grace time passes; then it is not listed.
Decision not_fetched_again(const Job& ready, WallTime& now, Submits submits) {
  const Decision refused = after_create(intend(ready, "another-tag", now).after,
                                        refusal(500, "Failed to process file"), moment_at(now), Policy{});
  EXPECT_EQ(refused.signal.kind, Kind::none) << "one bad link must not hold up the others";
  Job looked = refused.transition.after;
  EXPECT_EQ(looked.state, State::submitting) << "it is looked for first";
  looked.not_found = 1;
  now += 2min;
  return after_reconcile(looked, NotListed{}, moment_with(submits, now), Policy{});
}

Job link_job() {
  Job link = job_in(State::ready);
  link.name = "report.url";
  return link;
}

TEST(ALinkThatCannotBeFetched, IsADeadLetterThatSaysSoWhenItsAttemptsAreUsedUp) {
  Job link = link_job();
  WallTime now = kNow;
  for (int attempt = 1; attempt < Policy{}.attempts; ++attempt) {
    const Decision again = not_fetched_again(link, now, {.taken_at = now});
    ASSERT_EQ(again.transition.after.state, State::ready);
    EXPECT_EQ(again.transition.after.attempts, attempt);
    EXPECT_EQ(again.transition.after.possible_duplicates, 1) << "others are told apart by it";
    link = again.transition.after;
    now = link.due;
  }
  const Decision end = not_fetched_again(link, now, {.taken_at = now});
  EXPECT_EQ(end.transition.after.state, State::burying);
  EXPECT_EQ(end.transition.after.error_code, "link_not_fetched");
  EXPECT_LT(now - kNow, 15min);
}

TEST(ALinkThatCannotBeFetched, IsNotToBlameWhileNoneCan) {
  Job link = link_job();
  WallTime now = kNow;
  int tries = 0;
  for (; now - kNow < 2h - 2min; ++tries) {
    const Decision again = not_fetched_again(link, now, {});
    ASSERT_EQ(again.transition.after.state, State::ready) << now - kNow;
    link = again.transition.after;
    now = link.due;
  }
  EXPECT_LT(tries, 20);
  const Job still = not_fetched_again(link, now, {.taken_at = {}, .fail = true}).transition.after;
  EXPECT_EQ(still.state, State::ready) << "the service fails at submits";
  EXPECT_EQ(not_fetched_again(still, now, {}).transition.after.error_code, "link_not_fetched")
      << "nothing says that others fare so, too";
}

TEST(ALinkThatCannotBeFetched, WhoseAddressShowsAPageSaysThatItDoes) {
  const Job after = after_create(link_job(), refusal(400, "Unsupported file type"), moment_at(kNow), Policy{})
                        .transition.after;
  EXPECT_EQ(after.error_code, "unsupported_type");
  EXPECT_EQ(after.error_message,
            "Unsupported file type (what lies at the address is no document: a page that says so, or asks to "
            "sign in?)");
}

TEST(AfterReconcile, NotAMomentBeforeTheGraceTimeIsOver) {
  Job job = answer_lost(2min - 1ms);
  job.transient_failures = 30;
  const Decision decision = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  EXPECT_EQ(decision.transition.after.state, State::submitting);
  EXPECT_EQ(decision.transition.after.possible_duplicates, 0);
}

TEST(AfterReconcile, LooksAgainNoLaterThanTheEndOfTheGraceTime) {
  Job job = answer_lost(90s);
  job.transient_failures = 30;
  EXPECT_EQ(after_reconcile(job, NotListed{}, {kNow, 0.999, {}}, Policy{}).transition.after.due, kNow + 30s);
}

// An upload may take longer than the grace time: it counts from when the answer was lost.
TEST(AfterReconcile, ALongUploadDoesNotUseUpTheGraceTime) {
  Job job = job_in(State::submitting);
  job.intent_at = kNow - 1h;
  const Job lost =
      after_create(job, no_answer(Request::maybe_sent, Cause::timeout), moment_at(kNow), Policy{})
          .transition.after;
  const Decision look = after_reconcile(lost, NotListed{}, moment_at(kNow + 1s), Policy{});
  EXPECT_EQ(look.transition.after.state, State::submitting);
}

// Killed while a submit was under way, and started again much later: when the request ended is not known.
TEST(AfterReconcile, AfterACrashTheGraceTimeBeginsWithTheFirstLook) {
  Job job = job_in(State::submitting);
  job.intent_at = kNow - 24h;
  const Decision first = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  EXPECT_EQ(first.transition.after.state, State::submitting);
  EXPECT_EQ(first.transition.after.intent_at, job.intent_at) << "the search must not begin later";
  const Decision last =
      after_reconcile(first.transition.after, NotListed{}, moment_at(kNow + 2min), Policy{});
  EXPECT_EQ(last.transition.after.state, State::ready);
}

TEST(AfterReconcile, AClockSetBackDelaysByTheGraceTimeOnly) {
  Job job = answer_lost(-24h);
  const Decision first = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  EXPECT_EQ(first.transition.after.state, State::submitting);
  EXPECT_LE(first.transition.after.due, kNow + 2min);
  const Decision last =
      after_reconcile(first.transition.after, NotListed{}, moment_at(kNow + 2min), Policy{});
  EXPECT_EQ(last.transition.after.state, State::ready);
}

TEST(AfterReconcile, OnlySoManySubmitsMayBeRepeated) {
  Job job = answer_lost(2min);
  job.possible_duplicates = Policy{}.possible_duplicates;
  const Decision decision = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::burying, Due::now, Kind::reachable, "submit_unconfirmed"});
  EXPECT_THAT(decision.transition.after.error_message, HasSubstr(kTag));
}

TEST(AfterReconcile, AnAdoptedTasksDeadlinesCountFromTheLossOfItsAnswerWhateverTheServicesClockSays) {
  Job job = answer_lost(3h);
  Task task = task_in(Status::Starting);
  for (const Duration made : {Duration(-3h), Duration(1h), Duration(-24h), Duration(80 * 365 * 24h)}) {
    task.created_at = kNow + made;
    EXPECT_EQ(after_reconcile(job, task, moment_at(kNow), Policy{}).transition.after.submitted_at, kNow - 3h);
  }
  job.submitted_at.reset();
  EXPECT_EQ(after_reconcile(job, task, moment_at(kNow), Policy{}).transition.after.submitted_at, kNow)
      << "nobody saw the submit end: from this look on";
}

// --- a task that is not found any more, and not listed either ---

Job lost_task() {
  Job job = answer_lost(1h);
  job.task_id = kTaskId;
  return job;
}

TEST(AfterReconcile, ALostTaskCountsAsAnAttemptAndIsSentAgain) {
  const Job job = lost_task();
  const Decision decision = after_reconcile(job, NotListed{}, moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::ready, Due::backoff, Kind::reachable, "", 1, 1});
  EXPECT_EQ(decision.transition.after.task_id, "");
  EXPECT_EQ(decision.transition.after.tag, kTag) << "it may turn up again";
  EXPECT_THAT(decision.transition.event.detail, HasSubstr(kTaskId));
}

TEST(AfterReconcile, ATaskLostTooOftenIsADeadLetter) {
  Job job = lost_task();
  job.possible_duplicates = Policy{}.possible_duplicates;
  expect_decision(job, after_reconcile(job, NotListed{}, moment_at(kNow), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "task_lost", 1});
  job.possible_duplicates = 0;
  job.attempts = Policy{}.attempts - 1;
  expect_decision(job, after_reconcile(job, NotListed{}, moment_at(kNow), Policy{}),
                  {State::burying, Due::now, Kind::reachable, "task_lost", 1});
}

TEST(AfterReconcile, ATaskThatIsListedAfterAllIsFollowedAgain) {
  const Job job = lost_task();
  const Decision decision = after_reconcile(job, task_in(Status::Processing), moment_at(kNow), Policy{});
  expect_decision(job, decision, {State::submitted, Due::poll, Kind::reachable});
  EXPECT_EQ(decision.transition.after.task_id, kTaskId);
}

}  // namespace
}  // namespace chunkrd::pipeline::lifecycle
