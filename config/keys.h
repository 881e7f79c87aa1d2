#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "config/entry.h"

namespace chunkrd::config {

enum class Presence { optional, required };

/// What the file may say about one key.
struct KeyRule {
  std::string name;
  Presence presence = Presence::optional;
  std::string refusal;             ///< not empty: the key is known, but may not be given, and this is why
  std::vector<std::string> below;  ///< the keys inside it: ".path", "[].path", ".*"
};

/// Goes through the map `map` and calls `read` with the rule's number and the value for each known key.
/// Reports keys that are unknown, given twice, refused or missing. An empty value counts as an empty map,
/// so that a section may have all of its keys commented out.
void read_map(const Entry& map, const std::vector<KeyRule>& rules,
              const std::function<void(std::size_t, const Entry&)>& read);

/// The table of a map's keys: which there are, and where each value goes in `T`.
template <class T>
class Keys {
 public:
  using Read = std::function<void(const Entry&, T&)>;

  Keys& add(KeyRule rule, Read read) {
    rules_.push_back(std::move(rule));
    reads_.push_back(std::move(read));
    return *this;
  }

  template <class Member, class Value>
  Keys& value(std::string name, Member T::* member, Reader<Value> read,
              Presence presence = Presence::optional) {
    return add({.name = std::move(name), .presence = presence, .refusal = {}, .below = {}},
               [member, read = std::move(read)](const Entry& entry, T& into) {
                 if (auto value = read(entry)) into.*member = std::move(*value);
               });
  }

  template <class Section>
  Keys& section(std::string name, Section T::* member, Keys<Section> keys) {
    auto below = keys.paths(".");
    return add(
        {.name = std::move(name), .presence = Presence::optional, .refusal = {}, .below = below},
        [member, keys = std::move(keys)](const Entry& entry, T& into) { keys.read(entry, into.*member); });
  }

  Keys& refuse(std::string name, std::string why) {
    return add(
        {.name = std::move(name), .presence = Presence::optional, .refusal = std::move(why), .below = {}},
        [](const Entry&, T&) {});
  }

  void read(const Entry& map, T& into) const {
    read_map(map, rules_, [&](std::size_t index, const Entry& entry) { reads_[index](entry, into); });
  }

  /// Every key that may be given, with what is below it, each after `prefix`.
  std::vector<std::string> paths(const std::string& prefix) const {
    std::vector<std::string> result;
    for (const KeyRule& rule : rules_) {
      if (!rule.refusal.empty()) continue;
      result.push_back(prefix + rule.name);
      for (const std::string& path : rule.below) result.push_back(prefix + rule.name + path);
    }
    return result;
  }

 private:
  std::vector<KeyRule> rules_;
  std::vector<Read> reads_;
};

}  // namespace chunkrd::config
