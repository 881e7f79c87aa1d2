#include "config/overrides.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <vector>

#include "config/artifact_list.h"
#include "config/entry.h"
#include "config/parse_settings.h"
#include "config/problems.h"
#include "config/values.h"
#include "config/yaml_mistakes.h"
#include "core/errors.h"

namespace chunkrd::config {
namespace {

[[noreturn]] void refuse(const std::string& assignment, std::string_view why) {
  throw UserError(ExitCode::usage, fmt::format("--set {}: {}", in_quotes(assignment), why));
}

YAML::Node value_of(const std::string& assignment, std::string_view text) {
  try {
    return YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    refuse(assignment, "the value is not YAML: " + explained(error, std::string(text)).message);
  }
}

void assign(YAML::Node root, const std::string& assignment) {
  const auto equals = assignment.find('=');
  if (equals == 0 || equals == std::string::npos)
    refuse(assignment, "write SETTING=VALUE, as ocr_strategy=All");
  std::vector<std::string> path;
  boost::split(path, assignment.substr(0, equals), boost::is_any_of("."));
  YAML::Node here = root;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    if (!here[path[i]].IsDefined()) here[path[i]] = YAML::Node(YAML::NodeType::Map);
    here.reset(here[path[i]]);
    if (!here.IsMap()) refuse(assignment, fmt::format("{} has no settings below it", path[i]));
  }
  const YAML::Node value = value_of(assignment, std::string_view(assignment).substr(equals + 1));
  if (value.IsNull())
    here.remove(path.back());
  else
    here[path.back()] = value;
}

// "--set:1:20: ocr_strategy: unknown value ...", "--artifacts:1:1: [0]: ...": a place within what nobody has
// written means nothing.
std::string without_place(std::string line, std::string_view option) {
  line.erase(0, option.size());
  line.erase(0, line.find_first_not_of(":0123456789 []"));
  return line;
}

template <class Value>
Value read_argument(std::string_view option, const YAML::Node& node, const Reader<Value>& read) {
  Problems problems{std::filesystem::path(option)};
  const auto value = read(Entry(node, "", node.Mark(), problems));
  try {
    problems.throw_if_any();
  } catch (const ConfigErrors& errors) {
    throw UserError(ExitCode::usage,
                    fmt::format("{}: {}", option, without_place(errors.lines().front(), option)));
  }
  return value.value();
}

}  // namespace

std::string with_overrides(const std::string& settings, std::span<const std::string> assignments) {
  YAML::Node root = YAML::Load(settings);
  for (const std::string& assignment : assignments) assign(root, assignment);
  return read_argument("--set", root, parse_settings());
}

std::string service_address(const std::string& url) {
  return read_argument("--api", YAML::Node(url), service_url());
}

std::vector<Artifact> artifacts_named(const std::string& list) {
  std::vector<std::string> names;
  boost::split(names, list, boost::is_any_of(","));
  return read_argument("--artifacts", YAML::Node(names), artifact_list());
}

}  // namespace chunkrd::config
