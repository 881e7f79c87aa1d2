#pragma once

#include <yaml-cpp/yaml.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "config/problems.h"

namespace chunkrd::config {

/// One value of the file: the node, its key's whole name and its place, for messages.
class Entry {
 public:
  Entry(YAML::Node node, std::string key, YAML::Mark mark, Problems& problems);

  /// The value of `key_node` in this map. A missing value has the place of its key.
  Entry member(const YAML::Node& key_node, const YAML::Node& value) const;
  /// The item number `index` of this list.
  Entry item(std::size_t index) const;

  const YAML::Node& node() const noexcept { return node_; }
  const std::string& key() const noexcept { return key_; }
  const YAML::Mark& mark() const noexcept { return mark_; }
  Problems& problems() const noexcept { return *problems_; }

  bool is_null() const { return node_.IsNull(); }
  /// The text of a scalar written without quotes; nothing for anything else. Only such text can be a
  /// number, true or false.
  std::optional<std::string_view> plain() const;

  /// What stands there, for people: `the text "x"`, `a list`, `nothing`.
  std::string found() const;

  /// Reports an error at this place.
  void wrong(std::string_view message) const;
  /// Reports that something of another kind was found.
  void wrong_kind(std::string_view needed) const;

 private:
  YAML::Node node_;
  std::string key_;
  YAML::Mark mark_;
  Problems* problems_;
};

/// Makes a value from an entry, or reports what is wrong and returns nothing.
template <class Value>
using Reader = std::function<std::optional<Value>(const Entry&)>;

/// `text` in quotes, cut to a line's length, control characters replaced.
std::string in_quotes(std::string_view text);

}  // namespace chunkrd::config
