#include "config/entry.h"

#include <fmt/format.h>

#include <charconv>

namespace chunkrd::config {
namespace {

bool is_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string in_quotes(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  std::string result = "\"";
  for (const char c : text.substr(0, kLongest)) {
    const auto byte = static_cast<unsigned char>(c);
    result += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return result + (text.size() > kLongest ? "...\"" : "\"");
}

Entry::Entry(YAML::Node node, std::string key, YAML::Mark mark, Problems& problems)
    : node_(std::move(node)), key_(std::move(key)), mark_(mark), problems_(&problems) {}

Entry Entry::member(const YAML::Node& key_node, const YAML::Node& value) const {
  const std::string name = key_node.Scalar();
  return {value, key_.empty() ? name : key_ + "." + name, value.IsNull() ? key_node.Mark() : value.Mark(),
          *problems_};
}

Entry Entry::item(std::size_t index) const {
  const YAML::Node value = node_[index];
  return {value, fmt::format("{}[{}]", key_, index), value.Mark(), *problems_};
}

std::optional<std::string_view> Entry::plain() const {
  // yaml-cpp's tag of a scalar without quotes is "?", with quotes "!".
  if (!node_.IsScalar() || node_.Tag() != "?") return std::nullopt;
  return node_.Scalar();
}

std::string Entry::found() const {
  if (node_.IsNull()) return "nothing";
  if (node_.IsSequence()) return "a list";
  if (node_.IsMap()) return "a map";
  const std::string& text = node_.Scalar();
  if (plain() && is_number(text)) return "the number " + text;
  if (plain() && (text == "true" || text == "false")) return "the value " + text;
  return "the text " + in_quotes(text);
}

void Entry::wrong(std::string_view message) const {
  problems_->add(mark_, key_, message);
}

void Entry::wrong_kind(std::string_view needed) const {
  wrong(fmt::format("found {}; {} is needed here", found(), needed));
}

}  // namespace chunkrd::config
