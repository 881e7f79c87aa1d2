#include "config/keys.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "config/nearest.h"

namespace chunkrd::config {
namespace {

std::string unknown_key(const std::string& name, const std::vector<KeyRule>& rules) {
  if (name == "<<") return "YAML merge keys are not supported; write the keys out";
  std::vector<std::string> names;
  for (const KeyRule& rule : rules) {
    if (rule.refusal.empty()) names.push_back(rule.name);
  }
  const std::string_view nearest = nearest_name(name, names);
  if (!nearest.empty()) return fmt::format("unknown key; did you mean \"{}\"?", nearest);
  return fmt::format("unknown key; known here: {}", fmt::join(names, ", "));
}

}  // namespace

void read_map(const Entry& map, const std::vector<KeyRule>& rules,
              const std::function<void(std::size_t, const Entry&)>& read) {
  if (!map.is_null() && !map.node().IsMap()) {
    map.wrong_kind("a map (lines of \"name: value\")");
    return;
  }
  std::map<std::string, int> line_of;
  for (const auto& pair : map.node()) {
    if (!pair.first.IsScalar()) {
      map.problems().add(pair.first.Mark(), map.key(), "a key must be a plain word");
      continue;
    }
    const std::string& name = pair.first.Scalar();
    const Entry entry = map.member(pair.first, pair.second);
    const Entry at_key(pair.second, entry.key(), pair.first.Mark(), map.problems());
    if (const auto [seen, is_new] = line_of.try_emplace(name, pair.first.Mark().line + 1); !is_new) {
      at_key.wrong(fmt::format("given twice; the first is in line {}", seen->second));
      continue;
    }
    const auto rule = std::ranges::find(rules, name, &KeyRule::name);
    if (rule == rules.end()) {
      at_key.wrong(unknown_key(name, rules));
    } else if (!rule->refusal.empty()) {
      at_key.wrong(rule->refusal);
    } else {
      read(static_cast<std::size_t>(rule - rules.begin()), entry);
    }
  }
  for (const KeyRule& rule : rules) {
    if (rule.presence == Presence::required && !line_of.contains(rule.name)) {
      const std::string key = map.key().empty() ? rule.name : map.key() + "." + rule.name;
      map.problems().add(map.mark(), key, "missing; it has no default");
    }
  }
}

}  // namespace chunkrd::config
