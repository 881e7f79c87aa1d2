#include "taskapi/writer.h"

#include <gtest/gtest.h>

#include "core/iso_time.h"

namespace chunkrd::taskapi {
namespace {

std::string whole(const CreateFrame& frame) {
  return frame.before + "AAAA" + frame.after;
}

TEST(CreateFrame, JoinsDocumentNameAndSettingsIntoOneObject) {
  EXPECT_EQ(whole(create_frame("a.pdf", "{}")), R"({"file":"AAAA","file_name":"a.pdf"})");
  EXPECT_EQ(whole(create_frame("a.pdf", R"({"high_resolution":true,"x":{"y":[1]}})")),
            R"({"file":"AAAA","file_name":"a.pdf","high_resolution":true,"x":{"y":[1]}})");
}

TEST(CreateFrame, KeepsTheSettingsAsTheyAreWritten) {
  const auto frame = create_frame("a.pdf", " { \"llm_processing\": {\"temperature\": 0.10} }\n");
  EXPECT_EQ(whole(frame), R"({"file":"AAAA","file_name":"a.pdf", "llm_processing": {"temperature": 0.10} })");
}

TEST(CreateFrame, EscapesTheName) {
  EXPECT_EQ(whole(create_frame("a\"b\\c\n.pdf", "{}")), R"({"file":"AAAA","file_name":"a\"b\\c\n.pdf"})");
}

TEST(CreateFrame, RefusesSettingsThatAreNone) {
  for (const char* settings : {"", "[]", "null", "{", "{}{}", R"({"file":"x"})", R"({"file_name":"x"})"})
    EXPECT_THROW(create_frame("a.pdf", settings), std::invalid_argument) << settings;
}

TEST(TaskPath, KeepsTheIdInOneSegment) {
  EXPECT_EQ(task_path("3f1c9c1e-6a52"), "/api/v1/task/3f1c9c1e-6a52");
  EXPECT_EQ(task_path("../a b?c#d%"), "/api/v1/task/..%2Fa%20b%3Fc%23d%25");
}

TEST(ListTarget, AsksForAPageWithoutChunks) {
  EXPECT_EQ(list_target({}), "/api/v1/tasks?page=1&limit=100&include_chunks=false");
  ListQuery query{.page = 3, .limit = 20};
  query.start = from_iso("2025-04-24T09:00:00.5Z");
  query.end = from_iso("2025-04-25T09:00:00Z");
  EXPECT_EQ(list_target(query),
            "/api/v1/tasks?page=3&limit=20&start=2025-04-24T09:00:00.500Z&end=2025-04-25T09:00:00.000Z"
            "&include_chunks=false");
}

}  // namespace
}  // namespace chunkrd::taskapi
