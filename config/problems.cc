#include "config/problems.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>

namespace chunkrd::config {

ConfigErrors::ConfigErrors(std::vector<std::string> lines)
    : UserError(ExitCode::bad_config, fmt::format("{}", fmt::join(lines, "\n"))), lines_(std::move(lines)) {}

void Problems::add(const YAML::Mark& mark, std::string_view key, std::string_view message) {
  const std::string separator = key.empty() ? "" : ": ";
  std::string text = fmt::format("{}{}{}", key, separator, message);
  if (mark.is_null()) {
    problems_.push_back({0, 0, std::move(text)});
  } else {
    problems_.push_back({mark.line + 1, mark.column + 1, std::move(text)});
  }
}

void Problems::throw_if_any() const {
  if (problems_.empty()) return;
  std::vector<Problem> sorted = problems_;
  std::ranges::sort(sorted, {}, [](const Problem& p) { return std::tie(p.line, p.column, p.text); });
  std::vector<std::string> lines;
  for (const Problem& p : sorted) {
    lines.push_back(p.line == 0 ? fmt::format("{}: {}", shown_as_.string(), p.text)
                                : fmt::format("{}:{}:{}: {}", shown_as_.string(), p.line, p.column, p.text));
  }
  throw ConfigErrors(std::move(lines));
}

}  // namespace chunkrd::config
