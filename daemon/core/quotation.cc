#include "core/quotation.h"

#include <algorithm>

#include "core/escape.h"

namespace chunkrd {
namespace {

constexpr std::string_view kEndsAWord = " \t\r\n\"'<>()[]{},;`|";

bool is_scheme(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+';
}

// The origin of the address whose "://" ends at `rest`, and how much of the word that is.
std::string origin_in(std::string_view rest) {
  // JSON may write a slash as "\/".
  const std::size_t end = std::min(rest.find_first_of("/\\?#"), rest.size());
  const std::string_view authority = rest.substr(0, end);
  const std::size_t at = authority.rfind('@');
  std::string origin(at == authority.npos ? authority : authority.substr(at + 1));
  if (end < rest.size()) origin += "/...";
  return origin;
}

std::string word(std::string_view text) {
  for (const std::string_view mark : {"://", ":\\/\\/"}) {
    const std::size_t colon = text.find(mark);
    if (colon == text.npos || colon == 0 || !is_scheme(text[colon - 1])) continue;
    return std::string(text.substr(0, colon)) + "://" + origin_in(text.substr(colon + mark.size()));
  }
  // An address without its scheme, or without its host.
  const std::size_t query = text.find('?');
  if (query != text.npos && text.find('=', query) != text.npos)
    return std::string(text.substr(0, query)) + "?...";
  const std::size_t at = text.find('@');
  if (at != text.npos && text.substr(0, at).find(':') != text.npos)
    return "..." + std::string(text.substr(at));
  return std::string(text);
}

}  // namespace

std::string quotation(std::string_view text, std::size_t bytes_max) {
  std::string result;
  // A word that is cut in its middle would not be known for what it is.
  std::string_view rest = text.substr(0, 4 * bytes_max);
  bool cut = rest.size() < text.size();
  if (cut)
    rest = rest.substr(0, rest.find_last_of(kEndsAWord) == rest.npos ? 0 : rest.find_last_of(kEndsAWord));
  while (!rest.empty()) {
    const std::size_t plain = std::min(rest.find_first_not_of(kEndsAWord), rest.size());
    for (const char c : rest.substr(0, plain)) result += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
    rest.remove_prefix(plain);
    const std::size_t length = std::min(rest.find_first_of(kEndsAWord), rest.size());
    result += word(rest.substr(0, length));
    rest.remove_prefix(length);
  }
  result = harmless(result);
  if (result.size() > bytes_max) {
    cut = true;
    std::size_t end = bytes_max;
    while (end > 0 && (static_cast<unsigned char>(result[end]) & 0xC0) == 0x80) --end;
    result.resize(end);
  }
  return cut ? result + "..." : result;
}

}  // namespace chunkrd
