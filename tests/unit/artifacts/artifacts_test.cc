#include "artifacts/artifacts.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "artifacts/result_scanner.h"
#include "tests/contract/openapi.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string segment(const std::string& id, const std::string& markdown, const std::string& content = "") {
  return R"({"bbox":{"left":0,"top":0,"width":1,"height":1},"page_number":1,"page_width":1,"page_height":1,)"
         R"("segment_type":"Text","segment_id":")" +
         id + R"(","markdown":")" + markdown + R"(","content":")" + content + R"("})";
}

std::string chunk(const std::string& segments) {
  return R"({"chunk_length":1,"segments":[)" + segments + "]}";
}

std::string result(const std::string& chunks) {
  return R"({"status":"Succeeded","output":{"page_count":1,"file_name":"a.pdf","chunks":[)" + chunks +
         R"(]},"task_id":"t","message":"Task succeeded","created_at":"2025-04-24T09:00:00Z","configuration":{}})";
}

class Artifacts : public ::testing::Test {
 protected:
  Artifacts() {
    std::string pattern = ::testing::TempDir() + "chunkrd-artifacts-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("mkdtemp");
    directory_ = pattern;
  }
  ~Artifacts() override { fs::remove_all(directory_); }

  fs::path file(const std::string& text) const {
    std::ofstream(directory_ / "result.json", std::ios::binary) << text;
    return directory_ / "result.json";
  }

  std::string broken(const std::string& text) const {
    const auto inspected = inspect(file(text));
    const auto* found = std::get_if<Broken>(&inspected);
    return found ? found->message : "";
  }

  std::string markdown(const std::string& text) const {
    write_markdown(file(text), std::nullopt, directory_ / "result.md");
    return read(directory_ / "result.md");
  }

  fs::path directory_;
};

const std::string kExample = contract::OpenApi().example("TaskSucceeded");

TEST_F(Artifacts, TheContractsExampleIsWhole) {
  const auto summary = std::get<Summary>(inspect(file(kExample)));
  EXPECT_EQ(summary.task.task_id, "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10");
  EXPECT_EQ(summary.task.status, taskapi::Status::Succeeded);
  EXPECT_EQ(summary.task.page_count, 1);
  EXPECT_EQ(summary.chunks, 1u);
  EXPECT_EQ(summary.segments, 3u);
}

TEST_F(Artifacts, TheContractsExampleHasThisMarkdown) {
  EXPECT_EQ(markdown(kExample),
            "# Annual report\n"
            "\n"
            "Sales rose by a tenth.\n"
            "\n"
            "Image\n");
}

// The service's own addresses end after an hour.
TEST_F(Artifacts, MarkdownLinksThePicturesThatLieBesideIt) {
  fs::create_directory(directory_ / "pictures");
  std::ofstream(directory_ / "pictures" / "seg-3.jpg") << "a picture";
  write_markdown(file(kExample), PictureFolder{directory_ / "pictures", "Annual report (1).pdf.images"},
                 directory_ / "result.md");
  EXPECT_THAT(read(directory_ / "result.md"),
              HasSubstr("\n![Image](./Annual%20report%20%281%29.pdf.images/seg-3.jpg)\n"));
  EXPECT_THAT(read(directory_ / "result.md"), Not(HasSubstr("Signature")));
}

TEST_F(Artifacts, AResultCutAtAnyByteIsBroken) {
  std::string whole = kExample;
  whole.erase(whole.find_last_not_of(" \t\r\n") + 1);
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes)
    ASSERT_THAT(broken(whole.substr(0, bytes)), StartsWith("not complete: ends at byte")) << bytes;
}

TEST_F(Artifacts, AResultWithSomethingBehindItIsBroken) {
  EXPECT_THAT(broken(kExample + "x"), HasSubstr("something follows the end"));
  EXPECT_THAT(broken(kExample + "{}"), HasSubstr("something follows the end"));
  EXPECT_EQ(broken(kExample + " \n"), "");
}

TEST_F(Artifacts, WhatIsWrongInAChunkIsNamed) {
  EXPECT_THAT(broken(result(chunk("") + R"(,{"chunk_length":1})")), StartsWith("output.chunks[1]: segments"));
  EXPECT_THAT(broken(result("7")), StartsWith("output.chunks[0]: "));
  EXPECT_THAT(broken(result(chunk(segment("s", "\xFF")))), StartsWith("output.chunks[0]: not JSON"));
}

TEST_F(Artifacts, WhatIsNoTaskIsBroken) {
  EXPECT_THAT(broken("[]"), HasSubstr("object"));
  EXPECT_THAT(broken(R"({"output":{"chunks":[]}})"), HasSubstr("task_id"));
  EXPECT_THAT(broken("<html>502 Bad Gateway</html>"), HasSubstr("not JSON"));
  std::string without = result("");
  without.replace(without.find("\"chunks\":[]"), 11, "\"chunks\":null");
  EXPECT_THAT(broken(without), HasSubstr("output.chunks: not there"));
}

TEST_F(Artifacts, AFileThatIsNotThereIsAnError) {
  EXPECT_THROW(inspect(directory_ / "nothing"), std::system_error);
}

TEST_F(Artifacts, BlocksAreSetApartByOneEmptyLine) {
  EXPECT_EQ(
      markdown(result(chunk(segment("1", R"(\n\n# One\n\n)") + "," + segment("2", R"(  indented\n\n- a\n)")) +
                      "," + chunk(segment("3", R"(\n)")) + "," + chunk(segment("4", "last")))),
      "# One\n\n  indented\n\n- a\n\nlast\n");
}

TEST_F(Artifacts, ASegmentWithoutMarkdownGivesItsContent) {
  EXPECT_EQ(markdown(result(chunk(segment("1", "", "plain") + "," + segment("2", " ", "text")))),
            "plain\n\ntext\n");
}

TEST_F(Artifacts, ASegmentThatChunkingDoubledAppearsOnce) {
  const std::string caption = segment("7", "Figure 1");
  EXPECT_EQ(markdown(result(chunk(segment("1", "a") + "," + caption) + "," +
                            chunk(caption + "," + segment("8", "Figure 1") + "," + segment("9", "b")))),
            "a\n\nFigure 1\n\nFigure 1\n\nb\n");
}

TEST_F(Artifacts, AResultWithoutTextMakesAnEmptyFile) {
  EXPECT_EQ(markdown(result("")), "");
}

TEST_F(Artifacts, MarkdownOfABrokenResultIsRefused) {
  EXPECT_THROW(markdown("{"), BrokenResult);
}

}  // namespace
}  // namespace chunkrd::artifacts
