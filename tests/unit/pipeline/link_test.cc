#include "pipeline/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/pipeline/decisions.h"

namespace chunkrd::pipeline {
namespace {

using lifecycle::job_in;
using lifecycle::kNow;
using lifecycle::task_in;
using queue::State;
using taskapi::WebAddress;
using testing::ElementsAre;
using testing::IsEmpty;
using namespace std::chrono_literals;

TEST(Link, IsKnownByItsName) {
  EXPECT_TRUE(is_link("a/b.url"));
  EXPECT_TRUE(is_link("REPORT.PDF.URL"));
  EXPECT_FALSE(is_link("url"));
  EXPECT_FALSE(is_link("a.url/b.pdf"));
}

TEST(NamesAt, AreTheLastPartOfThePathDecodedAndAsItIs) {
  EXPECT_THAT(names_at(WebAddress{"https://h/a/report.pdf?sig=x#y"}), ElementsAre("report.pdf"));
  EXPECT_THAT(names_at(WebAddress{"https://h/a%20b.pdf"}), ElementsAre("a b.pdf", "a%20b.pdf"));
  for (const char* none : {"https://h", "https://h/", "https://h/a/?x=1"})
    EXPECT_THAT(names_at(WebAddress{none}), IsEmpty()) << none;
}

TEST(SubmittedNameOfALink, IsTheServicesForAnAddressAndOursForADataUrl) {
  queue::Job job;
  job.tag = "0123456789abcdefghij";
  job.name = "a/scan.url";
  EXPECT_EQ(submitted_name(job, WebAddress{"https://h/x"}), std::nullopt);
  taskapi::DataUrl data;
  data.media_type = "application/pdf";
  EXPECT_EQ(submitted_name(job, data), "scan-0123456789abcdefghij.pdf");
  data.media_type = "IMAGE/PNG;x=y";
  EXPECT_EQ(submitted_name(job, data), "scan-0123456789abcdefghij.png");
  data.media_type = "";
  EXPECT_EQ(submitted_name(job, data), "scan-0123456789abcdefghij");
  job.name = "scan.docx.URL";
  EXPECT_EQ(submitted_name(job, data), "scan-0123456789abcdefghij.docx");
}

struct LinkTask : testing::Test {
  bool may_be(const taskapi::Task& listed) const {
    return lifecycle::may_be_link_task(job, {"a b.pdf", "a%20b.pdf"}, listed, kNow);
  }
  queue::Job job = job_in(State::submitting);
  taskapi::Task task = [] {
    auto made = task_in(taskapi::Status::Starting);
    made.file_name = "a b.pdf";
    return made;
  }();
};

TEST_F(LinkTask, HasTheNameAndTheTime) {
  EXPECT_TRUE(may_be(task));
  task.file_name = "a%20b.pdf";
  EXPECT_TRUE(may_be(task));
  task.file_name = "ab.pdf";
  EXPECT_FALSE(may_be(task));
}

TEST_F(LinkTask, WasMadeWhileTheSubmitWasUnderWay) {
  job.submitted_at = kNow - 1h;
  job.intent_at = kNow - 2h;
  const std::pair<Duration, bool> table[] = {{2h + 11min, false}, {2h + 9min, true}, {90min, true},
                                             {51min, true},       {49min, false},    {0min, false}};
  for (const auto& [ago, expected] : table) {
    task.created_at = kNow - ago;
    EXPECT_EQ(may_be(task), expected) << ago.count();
  }
}

TEST_F(LinkTask, IsOfTheSameTimeAfterTheClockWasSet) {
  task.created_at = kNow + 24h;
  EXPECT_FALSE(may_be(task));
  EXPECT_TRUE(lifecycle::may_be_link_task(job, {"a b.pdf"}, task, kNow, 24h));
}

TEST_F(LinkTask, ThatWasKnownIsFoundByItsIdAlone) {
  job.task_id = "task-1";
  task.file_name = "whatever";
  task.created_at = kNow - 24h;
  EXPECT_TRUE(may_be(task));
  task.task_id = "task-2";
  task.file_name = "a b.pdf";
  task.created_at = kNow;
  EXPECT_FALSE(may_be(task));
}

TEST(AfterClaim, TakesTheSettingsOfTheSidecar) {
  lifecycle::Spooled original{"d1", 10};
  original.own = {.profile = "invoices", .settings = R"({"a":1})", .priority = 7};
  const auto after =
      lifecycle::after_claim(job_in(State::claiming), original, {1000, true}, {.now = kNow}).transition.after;
  EXPECT_EQ(after.state, State::ready);
  EXPECT_EQ(after.profile, "invoices");
  EXPECT_EQ(after.settings, R"({"a":1})");
  EXPECT_EQ(after.settings_hash, "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862");
  EXPECT_EQ(after.priority, 7);
}

TEST(AfterClaim, BuriesWhatHasAFault) {
  lifecycle::Spooled original{"d1", 10};
  original.fault = {"bad_sidecar", "a.pdf.chunkr.yaml:1:1: no"};
  const auto after =
      lifecycle::after_claim(job_in(State::claiming), original, {1000, true}, {.now = kNow}).transition.after;
  EXPECT_EQ(after.state, State::burying);
  EXPECT_EQ(after.error_code, "bad_sidecar");
  EXPECT_EQ(after.error_message, "a.pdf.chunkr.yaml:1:1: no");
  EXPECT_EQ(after.error_stage, "claim");
}

TEST(AfterRetrieve, WithOtherSettingsAsksForNoOldTask) {
  auto job = job_in(State::retrying);
  job.task_id = "task-1";
  job.task_status = "Processing";
  job.error_code = "processing_timeout";
  lifecycle::Retrieved original{.sha256 = job.sha256, .size_bytes = 1000, .sidecar = "1:2:3:4"};
  original.own = {.profile = "default", .settings = job.settings, .priority = 0};
  EXPECT_EQ(lifecycle::after_retrieve(job, original, {.now = kNow}).transition.after.state, State::submitted);
  original.own->settings = R"({"a":1})";
  const auto after = lifecycle::after_retrieve(job, original, {.now = kNow}).transition.after;
  EXPECT_EQ(after.state, State::ready);
  EXPECT_EQ(after.settings, R"({"a":1})");
  EXPECT_EQ(after.sidecar, "1:2:3:4");
  EXPECT_EQ(after.earlier_tasks, "task-1");
}

TEST(AfterRetrieve, WithAFaultIsADeadLetterAgain) {
  auto job = job_in(State::retrying);
  job.error_code = "bad_sidecar";
  lifecycle::Retrieved original{.sha256 = job.sha256, .size_bytes = 1000};
  original.fault = {"bad_sidecar", "still"};
  const auto after = lifecycle::after_retrieve(job, original, {.now = kNow}).transition.after;
  EXPECT_EQ(after.state, State::burying);
  EXPECT_EQ(after.error_message, "still");
}

}  // namespace
}  // namespace chunkrd::pipeline
