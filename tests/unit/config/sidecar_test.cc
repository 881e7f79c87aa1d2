#include "config/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "config/problems.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

using ::testing::ElementsAre;

const std::vector<std::string> kProfiles{"default", "invoices"};

Sidecar read(const std::string& text) {
  const TestFolder folder;
  return read_sidecar(folder.write("01job.chunkr.yaml", text), "a/report.pdf.chunkr.yaml", kProfiles);
}

std::vector<std::string> errors_of(const std::string& text) {
  try {
    read(text);
  } catch (const ConfigErrors& errors) {
    return errors.lines();
  }
  return {};
}

TEST(Sidecar, NamesAProfileSettingsAndAPriority) {
  const auto sidecar = read("profile: invoices\nparse: {ocr_strategy: All}\npriority: 7\n");
  EXPECT_EQ(sidecar.profile, "invoices");
  EXPECT_EQ(sidecar.priority, 7);
  EXPECT_EQ(merged("{}", sidecar.parse), R"({"ocr_strategy":"All"})");
}

TEST(Sidecar, LeavesOutWhatItDoesNotName) {
  const auto sidecar = read("priority: 7\n");
  EXPECT_EQ(sidecar.profile, std::nullopt);
  EXPECT_EQ(merged(R"({"expires_in":9})", sidecar.parse), R"({"expires_in":9})");
}

TEST(Sidecar, IsRefusedWithEverythingThatIsWrongAndItsPlace) {
  EXPECT_THAT(
      errors_of("profil: x\nprofile: invoice\nparse:\n  ocr_strategy: Some\npriority: high\n"),
      ElementsAre(
          "a/report.pdf.chunkr.yaml:1:1: profil: unknown key; did you mean \"profile\"?",
          "a/report.pdf.chunkr.yaml:2:10: profile: unknown profile \"invoice\"; did you mean "
          "\"invoices\"?",
          "a/report.pdf.chunkr.yaml:4:17: parse.ocr_strategy: unknown value \"Some\"; use All or Auto",
          "a/report.pdf.chunkr.yaml:5:11: priority: found the text \"high\"; a whole number from "
          "-100 to 100 is needed here"));
}

TEST(Sidecar, SaysWhyAKeyOfAProfileCannotBeIn) {
  EXPECT_THAT(
      errors_of("artifacts: [json]\n"),
      ElementsAre("a/report.pdf.chunkr.yaml:1:1: artifacts: is the profile's alone; name a profile that has "
                  "it (profile: NAME)"));
}

TEST(Sidecar, ThatIsEmptyOrNoYamlIsRefused) {
  EXPECT_THAT(errors_of(""),
              ElementsAre("a/report.pdf.chunkr.yaml:1:1: the file is empty; write profile, parse or "
                          "priority into it, or remove it"));
  EXPECT_EQ(errors_of("parse: {a: [\n").size(), 1u);
  EXPECT_EQ(errors_of(std::string("\0\0", 2)).size(), 1u);
}

struct Merge {
  const char *settings, *over, *result;
};

TEST(Merged, ReplacesFieldByField) {
  const Merge table[] = {
      {"{}", "{}", "{}"},
      {R"({"a":1,"b":{"c":1,"d":2}})", R"({"b":{"c":9}})", R"({"a":1,"b":{"c":9,"d":2}})"},
      {R"({"a":1,"b":2})", R"({"a":null})", R"({"b":2})"},
      {R"({"b":{"c":1,"d":2}})", R"({"b":{"c":null,"e":{"f":null}}})", R"({"b":{"d":2,"e":{}}})"},
      {R"({"l":[1,2]})", R"({"l":[3]})", R"({"l":[3]})"},
      {R"({"chunk_processing":{"tokenizer":{"Enum":"Word"}}})",
       R"({"chunk_processing":{"tokenizer":{"String":"x"}}})",
       R"({"chunk_processing":{"tokenizer":{"String":"x"}}})"},
      {R"({"llm_processing":{"fallback_strategy":{"Model":"m"}}})",
       R"({"llm_processing":{"fallback_strategy":"None"}})",
       R"({"llm_processing":{"fallback_strategy":"None"}})"},
  };
  for (const Merge& row : table) EXPECT_EQ(merged(row.settings, boost::json::parse(row.over)), row.result);
}

}  // namespace
}  // namespace chunkrd::config
