#include "core/iso_time.h"

#include <date/date.h>

#include <sstream>

namespace chunkrd {

std::string to_iso(WallTime time) {
  return date::format("%FT%TZ", time);
}

std::optional<WallTime> from_iso(std::string_view text) {
  for (const char* format : {"%FT%TZ", "%FT%T%Ez"}) {
    std::istringstream in{std::string(text)};
    date::sys_time<std::chrono::nanoseconds> time;
    in >> date::parse(format, time);
    if (!in.fail() && in.peek() == std::istringstream::traits_type::eof())
      return std::chrono::floor<std::chrono::milliseconds>(time);
  }
  return std::nullopt;
}

}  // namespace chunkrd
