#include "pipeline/report.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "pipeline/policy.h"
#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using lifecycle::job_in;
using lifecycle::kNow;
using queue::State;

boost::json::object report_of(const queue::Job& job) {
  return boost::json::parse(failure_report(job, kNow)).as_object();
}

queue::Job dead_letter() {
  queue::Job job = job_in(State::burying);
  job.error_stage = "submit";
  job.error_code = "unsupported_type";
  job.error_message = "Unsupported file type";
  return job;
}

TEST(FailureReport, SaysWhatWhereWhyAndWhatToDo) {
  const auto report = report_of(dead_letter());
  EXPECT_EQ(report.at("job"), "01job");
  EXPECT_EQ(report.at("name"), "report.pdf");
  EXPECT_EQ(report.at("stage"), "submit");
  EXPECT_EQ(report.at("code"), "unsupported_type");
  EXPECT_EQ(report.at("message"), "Unsupported file type");
  EXPECT_NE(std::string(report.at("what_to_do").as_string()).find("convert"), std::string::npos);
  EXPECT_EQ(report.at("attempts"), 0);
  EXPECT_EQ(report.at("sha256"), "ab12");
  EXPECT_TRUE(report.at("task_id").is_null());
  EXPECT_FALSE(report.at("failed_at").as_string().empty());
}

TEST(FailureReport, IsOneLineOfJsonForEveryName) {
  queue::Job job = dead_letter();
  job.name = "a\nb \"c\"/\xff\xfe.pdf";
  job.error_message = "bad \xc3";
  const std::string text = failure_report(job, kNow);
  EXPECT_EQ(text.find('\n'), text.size() - 1);
  EXPECT_EQ(report_of(job).at("name"), "a%0Ab \"c\"/%FF%FE.pdf");
  EXPECT_EQ(report_of(job).at("message"), "bad %C3");
}

// Every code that a decision can give has its own advice.
TEST(FailureReport, KnowsWhatToDoAboutEveryCode) {
  queue::Job job = dead_letter();
  job.error_code = "a code nobody knows";
  const auto general = report_of(job).at("what_to_do");
  for (const char* code :
       {"unreadable", "empty_file", "too_large", "unsupported_type", "bad_request", "link_not_fetched",
        "submit_unconfirmed", "task_lost", "task_failed", "starting_timeout", "processing_timeout",
        "cancelled", "empty_output", "unreadable_output", "wrong_task", "not_ready", "file_unavailable"}) {
    job.error_code = code;
    EXPECT_NE(report_of(job).at("what_to_do"), general) << code;
  }
}

TEST(Backoff, DoublesUpToTheCeilingAndIsNeverNothing) {
  const Policy policy;
  for (const int failures : {-5, 0, 1, 5, 30, 31, 1000, 2'000'000'000}) {
    EXPECT_EQ(backoff(policy, failures, 0), 1ms);
    EXPECT_LE(backoff(policy, failures, 0.9999999), policy.backoff_ceiling);
  }
  EXPECT_LE(backoff(policy, 0, 0.9999), 1s);
  EXPECT_GT(backoff(policy, 3, 0.9999), 7s);
  EXPECT_LE(backoff(policy, 3, 0.9999), 8s);
}

TEST(Policy, TakesItsBoundsFromProfileAndConnection) {
  config::Profile profile;
  profile.attempts = 7;
  profile.starting_deadline = 11s;
  profile.processing_deadline = 12s;
  config::Api api;
  api.reconcile_grace = 13s;
  const Policy policy = policy_of(profile, api);
  EXPECT_EQ(policy.attempts, 7);
  EXPECT_EQ(policy.starting_deadline, 11s);
  EXPECT_EQ(policy.processing_deadline, 12s);
  EXPECT_EQ(policy.reconcile_grace, 13s);
}

TEST(FailureReport, GivesTheJobBackWhenItsRowIsLost) {
  queue::Job job = dead_letter();
  job.name = "a\nb%/\xff.pdf";
  job.task_id = "t1";
  job.tag = "0123456789abcdef0000";
  job.attempts = 2;
  job.error_code = "task_failed";
  const auto read = job_in_report(failure_report(job, kNow));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, job.id);
  EXPECT_EQ(read->name, job.name);
  EXPECT_EQ(read->inbox, job.inbox);
  EXPECT_EQ(read->state, State::failed);
  EXPECT_EQ(read->error_stage + read->error_code + read->error_message,
            "submittask_failedUnsupported file type");
  EXPECT_EQ(read->sha256, job.sha256);
  EXPECT_EQ(read->size_bytes, job.size_bytes);
  EXPECT_EQ(read->attempts, 2);
  EXPECT_EQ(read->task_id, "t1");
  EXPECT_EQ(read->task_status, "Failed") << "a retry does not ask a task that has failed";
  EXPECT_EQ(read->tag, job.tag);
  EXPECT_EQ(read->found_at, job.found_at);
  job.error_code = "cancelled";
  EXPECT_EQ(job_in_report(failure_report(job, kNow))->state, State::cancelled);
}

TEST(FailureReport, OfSomebodyElseIsNone) {
  for (const char* text : {"", "{}", "[]", "null", R"({"job": 1})", R"({"job":"01job","name":"a"})"})
    EXPECT_EQ(job_in_report(text), std::nullopt) << text;
}

}  // namespace
}  // namespace chunkrd::pipeline
