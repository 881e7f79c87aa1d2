#include "local/server/names.h"

#include <algorithm>

#include "core/escape.h"

namespace chunkrd::local::server {
namespace {

constexpr std::string_view kIdShape = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
constexpr std::size_t kNameBytesMax = 255;  // what a file system takes, though no file gets this name
constexpr std::size_t kEndingBytesMax = 32;

bool is_lower_hex(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

/// The first `size` bytes, less if that would cut a character.
std::string_view first_bytes(std::string_view text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string shortened(std::string_view name) {
  if (name.size() <= kNameBytesMax) return std::string(name);
  auto ending = name.substr(std::min(name.rfind('.'), name.size()));
  if (ending.size() > kEndingBytesMax) ending = {};
  return std::string(first_bytes(name, kNameBytesMax - ending.size())).append(ending);
}

}  // namespace

bool is_task_id(std::string_view text) noexcept {
  if (text.size() != kIdShape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kIdShape[i] == '-' ? text[i] != '-' : !is_lower_hex(text[i])) return false;
  }
  return true;
}

std::string plain_file_name(std::string_view given) {
  const auto slash = given.find_last_of("/\\");
  if (slash != std::string_view::npos) given.remove_prefix(slash + 1);
  std::string name = shortened(harmless(given));
  if (name == "." || name == "..") name.clear();
  return name;
}

}  // namespace chunkrd::local::server
