// The reader, the annotated default file, the JSON schema and the reference say the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <sstream>

#include "config/folders.h"
#include "config/reader.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

namespace json = boost::json;
using ::testing::ContainerEq;
using ::testing::Contains;

const std::string kTree = CHUNKRD_SOURCE_DIR;

std::string contents(const std::string& path) {
  std::ifstream in(kTree + "/" + path);
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator(in), {}};
}

std::set<std::string> reader_keys() {
  const auto keys = known_keys();
  return {keys.begin(), keys.end()};
}

// All keys that a schema allows, named as the reader names them.
class SchemaKeys {
 public:
  explicit SchemaKeys(const json::value& root) : root_(root) { walk(root, ""); }
  const std::set<std::string>& keys() const { return keys_; }

 private:
  void walk(const json::value& schema, const std::string& prefix) {
    const json::object& object = schema.as_object();
    if (const auto* ref = object.if_contains("$ref")) {
      walk(root_.at_pointer(json::value_to<std::string>(*ref).substr(1)), prefix);
    }
    for (const char* list : {"anyOf", "allOf"}) {
      if (const auto* schemas = object.if_contains(list)) {
        for (const json::value& one : schemas->as_array()) walk(one, prefix);
      }
    }
    if (const auto* items = object.if_contains("items")) walk(*items, prefix + "[]");
    if (const auto* other = object.if_contains("additionalProperties"); other && other->is_object()) {
      keys_.insert(prefix + ".*");
      walk(*other, prefix + ".*");
    }
    if (const auto* properties = object.if_contains("properties")) {
      for (const auto& property : properties->as_object()) {
        const std::string key = (prefix.empty() ? "" : prefix + ".") + std::string(property.key());
        keys_.insert(key);
        walk(property.value(), key);
      }
    }
  }

  const json::value& root_;
  std::set<std::string> keys_;
};

json::value schema() {
  return json::parse(contents("config/schema.json"));
}

TEST(TheSchema, HasExactlyTheKeysOfTheReader) {
  const json::value root = schema();
  EXPECT_THAT(SchemaKeys(root).keys(), ContainerEq(reader_keys()));
}

TEST(TheSchema, ClosesEveryMap) {
  const std::function<void(const json::value&)> walk = [&](const json::value& value) {
    if (const auto* object = value.if_object()) {
      if (object->contains("properties") && object->at("properties").is_object()) {
        EXPECT_TRUE(object->contains("additionalProperties")) << json::serialize(value);
      }
      for (const auto& member : *object) walk(member.value());
    } else if (const auto* array = value.if_array()) {
      for (const json::value& item : *array) walk(item);
    }
  };
  walk(schema());
}

// Each default that the schema names, put into a file by itself, changes nothing.
void expect_default(const std::string& section, const std::string& key, const json::value& value) {
  const std::string line = key + ": " + json::serialize(value);
  std::string text = "state: /s\n";
  std::string inbox = "path: /i, outbox: /o, failed: /f, archive: /a";
  if (section == "inboxes") inbox += ", " + line;
  text += "inboxes: [{" + inbox + "}]\n";
  if (section == "profiles") text += "profiles: {default: {" + line + "}}\n";
  if (section.empty()) text += line + "\n";
  if (!section.empty() && section != "inboxes" && section != "profiles")
    text += section + ": {" + line + "}\n";
  const TestFolder folder;
  const Settings with = read_settings(folder.write("with.yaml", text));
  const Settings without = read_settings(folder.write(
      "without.yaml", "state: /s\ninboxes: [{path: /i, outbox: /o, failed: /f, archive: /a}]\n"));
  EXPECT_EQ(with, without) << section << " " << line;
}

TEST(TheSchema, NamesTheDefaultsOfTheReader) {
  const json::value root = schema();
  int defaults = 0;
  for (const auto& [section, value] : root.at("properties").as_object()) {
    const json::object* map = &value.as_object();
    if (const auto* fallback = map->if_contains("default")) {
      expect_default("", section, *fallback);
      ++defaults;
    }
    if (map->contains("items")) map = &map->at("items").as_object();
    if (section == "profiles") map = &map->at("additionalProperties").as_object();
    if (!map->contains("properties")) continue;
    for (const auto& [key, property] : map->at("properties").as_object()) {
      const auto* fallback = property.as_object().if_contains("default");
      if (fallback == nullptr) continue;
      expect_default(section, key, *fallback);
      ++defaults;
    }
  }
  EXPECT_EQ(defaults, 41);
}

TEST(TheDefaultFile, HasNothingButDefaults) {
  Settings expected;
  expected.state = "/var/lib/chunkrd";
  Inbox inbox;
  inbox.path = "/srv/chunkrd/inbox";
  inbox.outbox = "/srv/chunkrd/outbox";
  inbox.failed = "/srv/chunkrd/failed";
  inbox.archive = "/srv/chunkrd/archive";
  expected.inboxes = {inbox};
  expected.profiles["default"] = {};
  EXPECT_EQ(read_settings(kTree + "/config/chunkrd.yaml"), expected);
}

TEST(TheDefaultFile, ShowsEveryKeyOutsideOfParse) {
  const std::string text = contents("config/chunkrd.yaml");
  for (const std::string& key : reader_keys()) {
    if (key.find(".parse.") != std::string::npos || key.ends_with("*")) continue;
    const std::string name = key.substr(key.find_last_of("].") + 1);
    const std::regex line("(^|\n) *(- |# )?" + name + ":");
    EXPECT_TRUE(std::regex_search(text, line)) << key;
  }
}

TEST(TheDefaultFile, WorksWithFoldersThatAreThere) {
  const TestFolder folder;
  folder.make("inbox");
  std::string text = contents("config/chunkrd.yaml");
  text = std::regex_replace(text, std::regex("/srv/chunkrd/|/var/lib/"), "./");
  const Settings settings = read_settings(folder.write("chunkrd.yaml", text));
  EXPECT_NO_THROW(check_folders(settings));
  EXPECT_TRUE(std::filesystem::is_directory(folder / "archive"));
}

TEST(TheReference, HasExactlyTheKeysOfTheReader) {
  std::set<std::string> documented;
  std::istringstream lines(contents("docs/configuration.md"));
  const std::regex row("^\\| `([^`]+)` \\|.*");
  std::smatch match;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, row)) documented.insert(match[1]);
  }
  std::set<std::string> expected;
  for (const std::string& key : reader_keys()) {
    expected.insert(std::regex_replace(key, std::regex("(segment_processing\\.)[A-Z][A-Za-z]*"), "$1*"));
  }
  EXPECT_THAT(documented, ContainerEq(expected));
}

}  // namespace
}  // namespace chunkrd::config
