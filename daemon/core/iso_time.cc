#include "core/iso_time.h"

#include <date/date.h>

#include <algorithm>
#include <cctype>
#include <sstream>

namespace chunkrd {
namespace {

// Whether `text` looks like `shape`, in which 0 stands for any digit.
bool has_shape(std::string_view text, std::string_view shape) {
  if (text.size() != shape.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool digit = text[i] >= '0' && text[i] <= '9';
    if (shape[i] == '0' ? !digit : std::toupper(static_cast<unsigned char>(text[i])) != shape[i])
      return false;
  }
  return true;
}

// Takes ".123456" off the front of `text`: whole milliseconds of it, however many digits there are.
// Nothing if there is a point without a digit.
std::optional<Duration> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return Duration::zero();
  text.remove_prefix(1);
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  int milliseconds = 0;
  for (std::size_t i = 0; i < 3; ++i) milliseconds = milliseconds * 10 + (i < digits ? text[i] - '0' : 0);
  text.remove_prefix(digits);
  return Duration(milliseconds);
}

}  // namespace

std::string to_iso(WallTime time) {
  return date::format("%FT%TZ", time);
}

std::optional<WallTime> from_iso(std::string_view text) {
  constexpr std::string_view kToSeconds = "0000-00-00T00:00:00";
  // The shape first: the library alone is content with "2025-4-1", and with much else.
  if (!has_shape(text.substr(0, kToSeconds.size()), kToSeconds)) return std::nullopt;
  std::string plain(text.substr(0, kToSeconds.size()));
  plain[10] = 'T';
  text.remove_prefix(kToSeconds.size());
  const auto fraction = take_fraction(text);
  if (!fraction) return std::nullopt;
  if (has_shape(text, "Z"))
    plain += "+00:00";
  else if (has_shape(text, "+00:00") || has_shape(text, "-00:00"))
    plain += text;
  else
    return std::nullopt;

  std::istringstream in(plain);
  date::sys_time<Duration> time;
  in >> date::parse("%FT%T%Ez", time);
  if (in.fail() || in.peek() != std::istringstream::traits_type::eof()) return std::nullopt;
  return time + *fraction;
}

}  // namespace chunkrd
