// The `parse:` settings are exactly the contract's CreateForm without the document.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fstream>
#include <set>

#include "config/parse_settings.h"
#include "config/reader.h"
#include "config/releases.h"
#include "tests/contract/openapi.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::contract {
namespace {

/// What the configuration makes of these settings. Throws config::ConfigErrors.
std::string configured(const json::value& settings) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder / "chunkrd.yaml")
      << "state: /s\ninboxes: [{path: /i, outbox: /o, failed: /f, archive: /a}]\nprofiles:\n  p: {parse: "
      << json::serialize(settings) << "}\n";
  return config::read_settings(folder / "chunkrd.yaml").profiles.at("p").parse;
}

bool is_taken(const json::value& settings) {
  try {
    configured(settings);
    return true;
  } catch (const config::ConfigErrors&) {
    return false;
  }
}

std::vector<json::value> settings_of(const OpenApi& api, const char* form) {
  std::vector<json::value> all = api.variants(api.schema(form));
  for (json::value& one : all) {
    one.as_object().erase("file");
    one.as_object().erase("file_name");
  }
  return all;
}

/// The contract: null means absent, wherever it is allowed.
json::value without_nulls(json::value value) {
  auto* object = value.if_object();
  if (object == nullptr) return value;
  json::object kept;
  for (const auto& member : *object)
    if (!member.value().is_null()) kept[member.key()] = without_nulls(member.value());
  return kept;
}

/// Settings that have ".a.b.c" in them, and nothing else.
std::string used_by(const std::string& key) {
  json::value settings = true;
  for (std::string rest = key; !rest.empty();) {
    const auto dot = rest.rfind('.');
    settings = json::object{{rest.substr(dot + 1), settings}};
    rest.resize(dot);
  }
  return json::serialize(settings);
}

TEST(ParseSettings, TakeEveryValueOfEveryFieldOfTheContract) {
  const OpenApi api;
  int tried = 0;
  for (const char* form : {"CreateForm", "UpdateForm"})
    for (const json::value& settings : settings_of(api, form)) {
      ++tried;
      ASSERT_TRUE(is_taken(settings)) << json::serialize(settings);
      EXPECT_EQ(configured(settings), config::canonical(without_nulls(settings)));
    }
  EXPECT_GT(tried, 500);
}

TEST(ParseSettings, RefuseEveryMisspeltFieldOfTheContract) {
  const OpenApi api;
  std::set<std::string> places;
  for (const json::value& settings : settings_of(api, "CreateForm"))
    for (const auto& [place, wrong] : misspelt(settings))
      if (places.insert(place).second) {
        EXPECT_FALSE(is_taken(wrong)) << json::serialize(wrong);
      }
  EXPECT_GT(places.size(), 80u);
}

TEST(ParseSettings, RefuseAWrongValueOfEveryFieldOfTheContract) {
  const OpenApi api;
  std::set<std::string> places;
  for (const json::value& settings : settings_of(api, "CreateForm"))
    for (const auto& [place, wrong] : spoilt(settings))
      if (places.insert(place).second) {
        EXPECT_FALSE(is_taken(wrong)) << json::serialize(wrong);
      }
  EXPECT_GT(places.size(), 80u);
}

TEST(ParseSettings, HaveNoFieldThatTheContractHasNot) {
  const OpenApi api;
  std::set<std::string> known;
  for (const char* form : {"CreateForm", "UpdateForm"})
    for (const json::value& settings : settings_of(api, form))
      for (const auto& changed : misspelt(settings)) known.insert(changed.place);
  for (const std::string& key : config::parse_setting_keys())
    EXPECT_TRUE(known.contains(key) || !config::settings_out_of(used_by(key), {1, 14}).empty())
        << key << " is neither the contract's nor said to be a later server's";
}

TEST(ParseSettings, TakeThoseOfLaterServers) {
  for (
      const char* later :
      {R"({"segment_processing":{"Table":{"format":"Html","strategy":"LLM","extended_context":true}}})",
       R"({"segment_processing":{"PageHeader":{"strategy":"Ignore"},"Picture":{"description":true,"format":"Markdown"}}})",
       R"({"segment_processing":{"FormRegion":{},"GraphicalItem":{},"Legend":{},"LineNumber":{},"PageNumber":{},"Unknown":{}}})"})
    EXPECT_EQ(configured(json::parse(later)), config::canonical(json::parse(later)));
  for (const char* wrong : {R"({"segment_processing":{"Table":{"format":"HTML"}}})",
                            R"({"segment_processing":{"Table":{"strategy":"None"}}})",
                            R"({"segment_processing":{"Table":{"description":"yes please"}}})",
                            R"({"segment_processing":{"Tables":{}}})"})
    EXPECT_FALSE(is_taken(json::parse(wrong))) << wrong;
}

TEST(ParseSettings, LeaveTheDocumentToTheDaemon) {
  EXPECT_FALSE(is_taken(json::object{{"file", "https://example.com/a.pdf"}}));
  EXPECT_FALSE(is_taken(json::object{{"file_name", "a.pdf"}}));
}

}  // namespace
}  // namespace chunkrd::contract
