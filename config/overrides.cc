#include "config/overrides.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <vector>

#include "config/entry.h"
#include "config/parse_settings.h"
#include "config/problems.h"
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
    refuse(assignment, fmt::format("the value is not YAML: {}", error.msg));
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

// "--set:1:20: ocr_strategy: unknown value ...": a place within what nobody has written means nothing.
std::string without_place(const std::string& line) {
  std::size_t at = 0;
  for (int colons = 0; colons < 3 && at != std::string::npos; ++colons) at = line.find(':', at) + 1;
  return line.substr(std::min(line.size(), at + 1));
}

}  // namespace

std::string with_overrides(const std::string& settings, std::span<const std::string> assignments) {
  YAML::Node root = YAML::Load(settings);
  for (const std::string& assignment : assignments) assign(root, assignment);
  Problems problems("--set");
  const auto canonical_text = parse_settings()(Entry(root, "", root.Mark(), problems));
  try {
    problems.throw_if_any();
  } catch (const ConfigErrors& errors) {
    throw UserError(ExitCode::usage, "--set: " + without_place(errors.lines().front()));
  }
  return canonical_text.value();
}

}  // namespace chunkrd::config
