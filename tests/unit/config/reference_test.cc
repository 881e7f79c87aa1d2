// The reader, the annotated default file, the JSON schema and the reference say the same.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
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

// Segment types are one key there.
std::string as_in_reference(const std::string& key) {
  return std::regex_replace(key, std::regex("(segment_processing\\.)[A-Z][A-Za-z]*"), "$1*");
}

// All keys that a schema allows, named as the reader names them.
class SchemaKeys {
 public:
  explicit SchemaKeys(const json::value& root) : root_(root) { walk(root, ""); }
  const std::set<std::string>& keys() const { return keys_; }
  /// What the schema says of a key, as the reference names it.
  const std::map<std::string, const json::object*>& nodes() const { return nodes_; }

 private:
  void note(const std::string& key, const json::value& node) {
    keys_.insert(key);
    nodes_.emplace(as_in_reference(key), &node.as_object());
  }

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
      note(prefix + ".*", *other);
      walk(*other, prefix + ".*");
    }
    if (const auto* properties = object.if_contains("properties")) {
      for (const auto& property : properties->as_object()) {
        const std::string key = (prefix.empty() ? "" : prefix + ".") + std::string(property.key());
        note(key, property.value());
        walk(property.value(), key);
      }
    }
  }

  const json::value& root_;
  std::set<std::string> keys_;
  std::map<std::string, const json::object*> nodes_;
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
  EXPECT_EQ(defaults, 44);
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
  EXPECT_TRUE(folder_problems(settings).empty());
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
    expected.insert(as_in_reference(key));
  }
  EXPECT_THAT(documented, ContainerEq(expected));
}

// As the reference writes a default.
std::string default_text(const json::value& value) {
  if (const auto* text = value.if_string()) return text->empty() ? "`\"\"`" : "`" + std::string(*text) + "`";
  if (const auto* list = value.if_array()) {
    std::string items;
    for (const json::value& item : *list)
      items += (items.empty() ? "" : ", ") + json::value_to<std::string>(item);
    return "`[" + items + "]`";
  }
  return "`" + json::serialize(value) + "`";
}

std::string member(const json::object& node, const char* name, std::string otherwise) {
  const auto* value = node.if_contains(name);
  return value == nullptr ? std::move(otherwise) : json::value_to<std::string>(*value);
}

// The reference's line about a key.
std::string row_of(const std::string& key, const json::object& node) {
  const auto* value = node.if_contains("default");
  const std::string fallback = member(node, "x-default", value == nullptr ? "" : default_text(*value));
  return "| `" + key + "` | " + member(node, "x-type", "?") + " | " + fallback +
         (fallback.empty() ? "| " : " | ") + member(node, "x-reload", "yes") + " | " +
         member(node, "description", "?") + " |";
}

// The lines are made from the schema: to write them anew, run this test with CHUNKRD_WRITE_REFERENCE=1.
TEST(TheReference, SaysOfEachKeyWhatTheSchemaSays) {
  const json::value root = schema();
  const SchemaKeys keys(root);
  const bool write = std::getenv("CHUNKRD_WRITE_REFERENCE") != nullptr;
  std::istringstream lines(contents("docs/configuration.md"));
  const std::regex row("^\\| `([^`]+)` \\|.*");
  std::smatch match;
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    if (std::regex_match(line, match, row))
      if (const auto node = keys.nodes().find(match[1]); node != keys.nodes().end()) {
        const std::string expected = row_of(node->first, *node->second);
        if (!write) EXPECT_EQ(line, expected);
        line = expected;
      }
    text += line + "\n";
  }
  if (write) std::ofstream(kTree + "/docs/configuration.md") << text;
}

}  // namespace
}  // namespace chunkrd::config
