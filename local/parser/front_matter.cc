#include "local/parser/front_matter.h"

#include <algorithm>

namespace chunkrd::local {
namespace {

/// Takes the first line off `text`, and the spaces off its end.
std::string_view take_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  while (line.ends_with(' ') || line.ends_with('\t')) line.remove_suffix(1);
  return line;
}

/// "key: value", "key:", "- item", "# comment", and whatever is set in belongs to the line before.
bool can_be_yaml(std::string_view line) {
  if (line.empty() || line.starts_with(' ') || line.starts_with('\t') || line.starts_with('#')) return true;
  if (line == "-" || line.starts_with("- ") || line == "]" || line == "}") return true;
  const auto colon = std::min(line.find(": "), line.ends_with(':') ? line.size() - 1 : line.size());
  if (colon == line.size()) return false;
  // A key is a name, not a sentence.
  return std::ranges::count(line.substr(0, colon), ' ') <= 3;
}

}  // namespace

std::string_view without_front_matter(std::string_view text) {
  std::string_view rest = text;
  const std::string_view opening = take_line(rest);
  const bool is_yaml = opening == "---";
  if (!is_yaml && opening != "+++") return text;
  while (!rest.empty()) {
    const std::string_view line = take_line(rest);
    if (line == opening || (is_yaml && line == "...")) return rest;
    if (is_yaml && !can_be_yaml(line)) return text;
  }
  return text;
}

}  // namespace chunkrd::local
