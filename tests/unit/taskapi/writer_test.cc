#include "taskapi/writer.h"

#include <gtest/gtest.h>

#include "core/iso_time.h"

namespace chunkrd::taskapi {
namespace {

std::string whole(const CreateFrame& frame, const std::string& between = "AAAA") {
  return frame.before + between + frame.after;
}

CreateFrame frame_of_file(const std::string& file_name, const std::string& settings) {
  return create_frame({.document = LocalFile{}, .file_name = file_name, .settings = settings});
}

TEST(CreateFrame, JoinsDocumentNameAndSettingsIntoOneObject) {
  EXPECT_EQ(whole(frame_of_file("a.pdf", "{}")), R"({"file":"AAAA","file_name":"a.pdf"})");
  EXPECT_EQ(whole(frame_of_file("a.pdf", R"({"high_resolution":true,"x":{"y":[1]}})")),
            R"({"file":"AAAA","file_name":"a.pdf","high_resolution":true,"x":{"y":[1]}})");
}

TEST(CreateFrame, LeavesTheNameOutWhenThereIsNone) {
  const CreateRequest request{
      .document = LocalFile{}, .file_name = std::nullopt, .settings = R"({"high_resolution":true})"};
  EXPECT_EQ(whole(create_frame(request)), R"({"file":"AAAA","high_resolution":true})");
}

TEST(CreateFrame, IsTheWholeBodyForAnAddress) {
  const CreateRequest request{.document = WebAddress{R"(https://example.com/a%20b.pdf?sign="x"\y)"},
                              .file_name = std::nullopt,
                              .settings = "{}"};
  EXPECT_EQ(whole(create_frame(request), ""), R"({"file":"https://example.com/a%20b.pdf?sign=\"x\"\\y"})");
}

TEST(CreateFrame, BeginsADataUrl) {
  DataUrl data;
  data.media_type = "application/pdf";
  EXPECT_EQ(whole(create_frame({.document = data, .file_name = "a.pdf", .settings = "{}"})),
            R"({"file":"data:application/pdf;base64,AAAA","file_name":"a.pdf"})");
  data.media_type.clear();
  EXPECT_EQ(whole(create_frame({.document = data, .file_name = std::nullopt, .settings = "{}"})),
            R"({"file":"data:;base64,AAAA"})");
}

TEST(CreateFrame, KeepsTheSettingsAsTheyAreWritten) {
  const auto frame = frame_of_file("a.pdf", " { \"llm_processing\": {\"temperature\": 0.10} }\n");
  EXPECT_EQ(whole(frame), R"({"file":"AAAA","file_name":"a.pdf", "llm_processing": {"temperature": 0.10} })");
}

TEST(CreateFrame, EscapesTheName) {
  EXPECT_EQ(whole(frame_of_file("a\"b\\c\n.pdf", "{}")), R"({"file":"AAAA","file_name":"a\"b\\c\n.pdf"})");
}

TEST(CreateFrame, RefusesSettingsThatAreNone) {
  for (const char* settings : {"", "[]", "null", "{", "{}{}", R"({"file":"x"})", R"({"file_name":"x"})"})
    EXPECT_THROW(frame_of_file("a.pdf", settings), std::invalid_argument) << settings;
}

TEST(TaskPath, KeepsTheIdInOneSegment) {
  EXPECT_EQ(task_path("3f1c9c1e-6a52"), "/api/v1/task/3f1c9c1e-6a52");
  EXPECT_EQ(task_path("../a b?c#d%"), "/api/v1/task/..%2Fa%20b%3Fc%23d%25");
}

TEST(ListTarget, AsksForAPageWithoutChunks) {
  EXPECT_EQ(list_target({}), "/api/v1/tasks?page=1&limit=100&include_chunks=false");
  EXPECT_EQ(list_target({.limit = 7, .cursor = "2025-08-02T10:00:00.123+02:00&x"}),
            "/api/v1/tasks?cursor=2025-08-02T10%3A00%3A00.123%2B02%3A00%26x&limit=7&include_chunks=false");
  ListQuery query{.page = 3, .limit = 20};
  query.start = from_iso("2025-04-24T09:00:00.5Z");
  query.end = from_iso("2025-04-25T09:00:00Z");
  EXPECT_EQ(list_target(query),
            "/api/v1/tasks?page=3&limit=20&start=2025-04-24T09:00:00.500Z&end=2025-04-25T09:00:00.000Z"
            "&include_chunks=false");
}

}  // namespace
}  // namespace chunkrd::taskapi
