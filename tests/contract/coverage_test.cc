// docs/api-coverage.md names everything that the contract has, and nothing else; and what it names is there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "tests/contract/openapi.h"

namespace chunkrd::contract {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainerEq;

const fs::path kTree = CHUNKRD_SOURCE_DIR;

/// | `what` | details | `code.cc`, ... or a reason for none | `Suite.Name`, ... |
struct Row {
  std::string details, code, proof;
};
/// By section ("Operations") and by what the row is about.
using Table = std::map<std::string, std::map<std::string, Row>>;

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  EXPECT_TRUE(in) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

Table documented() {
  Table table;
  std::string section;
  std::istringstream lines(contents(kTree / "docs/api-coverage.md"));
  const std::regex row(R"(\| `([^`]+)` \| ?(.*?) ?\| ([^|]+) \| ([^|]+) \|)");
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) section = line.substr(3);
    std::smatch cell;
    if (!line.starts_with("| `")) continue;
    EXPECT_TRUE(std::regex_match(line, cell, row)) << line;
    EXPECT_TRUE(table[section].emplace(cell[1], Row{cell[2], cell[3], cell[4]}).second) << "twice: " << line;
  }
  return table;
}

/// "`a`, `b`": a and b.
std::vector<std::string> in_ticks(const std::string& text) {
  std::vector<std::string> all;
  const std::regex ticked("`([^`]+)`");
  for (std::sregex_iterator at(text.begin(), text.end(), ticked), end; at != end; ++at)
    all.push_back((*at)[1]);
  return all;
}

std::set<std::string> keys(const Table& table, const std::string& section) {
  std::set<std::string> all;
  const auto rows = table.find(section);
  if (rows == table.end()) return all;
  for (const auto& [key, row] : rows->second) all.insert(key);
  return all;
}

std::string join(const std::vector<std::string>& all, const std::string& between) {
  std::string joined;
  for (const std::string& one : all) joined += (joined.empty() ? "" : between) + one;
  return joined;
}

class Coverage : public testing::Test {
 protected:
  std::set<std::string> properties(std::initializer_list<const char*> schemas) const {
    std::set<std::string> all;
    for (const char* schema : schemas)
      for (const Property& one : api_.properties(schema)) all.insert(one.full_name());
    return all;
  }

  /// The texts that the contract shows for an answer.
  std::string texts(const std::string& operation, const std::string& status) const {
    std::vector<std::string> all;
    for (const Example& example : api_.examples())
      if (example.operation == operation && example.status == status && example.media_type == "text/plain")
        all.push_back(json::value_to<std::string>(example.value));
    return join(all, "<br>");
  }

  OpenApi api_;
  Table table_ = documented();
};

TEST_F(Coverage, HasExactlyTheContractsOperations) {
  std::set<std::string> expected;
  for (const Operation& operation : api_.operations()) expected.insert(operation.name());
  EXPECT_THAT(keys(table_, "Operations"), ContainerEq(expected));
}

TEST_F(Coverage, HasExactlyTheContractsParameters) {
  std::set<std::string> expected{"Authorization"};
  for (const Operation& operation : api_.operations())
    for (const json::object* parameter : operation.parameters) {
      const auto name = json::value_to<std::string>(parameter->at("name"));
      expected.insert(parameter->at("in") == "path" ? "{" + name + "}" : operation.name() + "?" + name);
    }
  EXPECT_THAT(keys(table_, "Parameters"), ContainerEq(expected));
}

TEST_F(Coverage, HasExactlyTheContractsFields) {
  EXPECT_THAT(keys(table_, "Fields of requests"), ContainerEq(properties({"CreateForm", "UpdateForm"})));
  EXPECT_THAT(keys(table_, "Fields of answers"), ContainerEq(properties({"TaskResponse"})));
}

TEST_F(Coverage, HasExactlyTheContractsEnumsWithTheirValues) {
  std::map<std::string, std::string> expected, found;
  for (const char* schema : {"CreateForm", "UpdateForm", "TaskResponse"})
    for (const Enum& one : api_.enums(schema)) expected[one.name] = join(one.values, " ");
  for (const auto& [name, row] : table_["Enums"]) found[name] = row.details;
  EXPECT_THAT(found, ContainerEq(expected));
}

TEST_F(Coverage, HasExactlyTheContractsAnswersWithTheirTexts) {
  std::map<std::string, std::string> expected, found;
  for (const Operation& operation : api_.operations())
    for (const auto& [status, answer] : operation.described->at("responses").as_object())
      expected[operation.name() + " " + std::string(status)] = texts(operation.name(), status);
  for (const auto& [answer, row] : table_["Answers"]) found[answer] = row.details;
  EXPECT_THAT(found, ContainerEq(expected));
}

/// What must be found in a file that is said to deal with `key`.
std::string word_of(const std::string& section, const std::string& key) {
  if (section == "Fields of requests" || section == "Fields of answers")
    return key.substr(key.rfind('.') + 1);
  if (section == "Parameters")
    return key.substr(key.find_last_of("?{") + 1, key.find('}') - key.rfind('{') - 1);
  if (section == "Operations") {
    const std::string path = std::regex_replace(key, std::regex("/\\{.*\\}$"), "");
    return path.substr(path.rfind('/'));
  }
  return "";
}

TEST_F(Coverage, NamesFilesThatDealWithWhatTheyAreNamedFor) {
  for (const auto& [section, rows] : table_)
    for (const auto& [key, row] : rows) {
      const auto files = in_ticks(row.code);
      if (files.empty()) {
        EXPECT_THAT(row.code, testing::AnyOf("kept as it came", "not sent")) << key;
        continue;
      }
      const bool is_enum = section == "Enums";
      for (const std::string& file : files) {
        const std::string text = contents(kTree / file);
        std::istringstream words(is_enum ? row.details : word_of(section, key));
        for (std::string word; words >> word;)
          EXPECT_NE(text.find(word), std::string::npos)
              << file << " says nothing about " << word << " of " << key;
      }
    }
}

std::set<std::string> tests_in_tree() {
  std::set<std::string> all;
  const std::regex test(R"(\nTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\))");
  for (const auto& entry : fs::recursive_directory_iterator(kTree / "tests")) {
    if (entry.path().extension() != ".cc") continue;
    const std::string text = contents(entry.path());
    for (std::sregex_iterator at(text.begin(), text.end(), test), end; at != end; ++at)
      all.insert((*at)[1].str() + "." + (*at)[2].str());
  }
  return all;
}

TEST_F(Coverage, NamesTestsThatAreThere) {
  const auto tests = tests_in_tree();
  EXPECT_GT(tests.size(), 100u);
  for (const auto& [section, rows] : table_)
    for (const auto& [key, row] : rows) {
      EXPECT_FALSE(in_ticks(row.proof).empty()) << key;
      for (const std::string& test : in_ticks(row.proof))
        EXPECT_TRUE(tests.contains(test)) << key << ": " << test;
    }
}

}  // namespace
}  // namespace chunkrd::contract
