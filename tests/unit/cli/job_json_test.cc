#include "cli/job_json.h"

#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

queue::Job sample() {
  queue::Job job;
  job.id = "01m85srd7gr95pfstp959h9b64";
  job.inbox = "/srv/in";
  job.name = "a/\xFF.pdf";
  job.found_at = job.state_since = job.due = from_iso("2026-11-24T03:04:05.678Z").value();
  job.profile = "default";
  job.state = queue::State::submitted;
  return job;
}

// Programs read this. New members may be added; these stay.
TEST(AJobAsJson, HasTheShapeThatIsDocumented) {
  queue::Job job = sample();
  job.size_bytes = 5'000'000'000;
  job.sha256 = "ab";
  job.pages = 7;
  job.task_id = "3f1c";
  job.task_status = "Processing";
  job.submitted_at = job.found_at;
  job.attempts = 1;
  job.asked = queue::Asked::cancel;
  job.error_stage = "poll";
  job.error_code = "task_failed";
  job.error_message = "bad \xFF byte";
  EXPECT_EQ(
      boost::json::serialize(to_json(job)),
      R"({"id":"01m85srd7gr95pfstp959h9b64","name":"a/%FF.pdf","inbox":"/srv/in","state":"submitted",)"
      R"("state_since":"2026-11-24T03:04:05.678Z","found_at":"2026-11-24T03:04:05.678Z","next_step":"poll",)"
      R"("due":"2026-11-24T03:04:05.678Z","profile":"default","priority":0,"size_bytes":5000000000,"sha256":"ab",)"
      R"("pages":7,"task_id":"3f1c","task_status":"Processing","submitted_at":"2026-11-24T03:04:05.678Z","attempts":1,)"
      R"("possible_duplicates":0,"revision":0,"reused_from":null,"asked":"cancel","delivered_name":null,)"
      R"("original_name":null,"original_pruned":false,"error":{"stage":"poll","code":"task_failed","message":"bad )"
      "\uFFFD"
      R"( byte"}})");
}

TEST(AJobAsJson, SaysNullWhereThereIsNothing) {
  queue::Job job = sample();
  job.state = queue::State::done;
  const auto object = to_json(job);
  for (const char* key : {"next_step", "due", "sha256", "pages", "task_id", "task_status", "submitted_at",
                          "reused_from", "asked", "delivered_name", "original_name", "error"})
    EXPECT_TRUE(object.at(key).is_null()) << key;
}

TEST(TheNextStep, IsThereForEveryStateThatIsNoEnd) {
  for (int i = 1; i <= queue::kStateCount; ++i) {
    const auto state = static_cast<queue::State>(i);
    EXPECT_EQ(next_step(state).empty(), is_end(state)) << to_string(state);
  }
}

}  // namespace
}  // namespace chunkrd::cli
