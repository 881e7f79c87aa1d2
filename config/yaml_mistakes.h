#pragma once

#include <yaml-cpp/yaml.h>

#include <optional>
#include <string>
#include <string_view>

namespace chunkrd::config {

/// What is wrong with a text as YAML, where, in words for who has written it.
struct YamlMistake {
  YAML::Mark at;
  std::string message;
};

/// What the parser does not notice, or tells of at another place: another encoding than UTF-8, bytes that are
/// no text, a quote that is never closed.
std::optional<YamlMistake> mistake_in(const std::string& text);

/// What the parser has refused in `text`.
YamlMistake explained(const YAML::Exception& error, const std::string& text);

}  // namespace chunkrd::config
