#include "cli/times.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kUnits =
    std::to_array<std::pair<char, Duration>>({{'s', 1s}, {'m', 1min}, {'h', 1h}, {'d', 24h}, {'w', 168h}});
// Longer ago than any job, and no number overflows.
constexpr std::int64_t kMost = 100'000;

std::optional<Duration> length_from(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() - 1 || number < 0 || number > kMost * 1000)
    return std::nullopt;
  for (const auto& [unit, length] : kUnits)
    if (unit == *end && number * length <= kMost * 24h) return number * length;
  return std::nullopt;
}

}  // namespace

std::optional<WallTime> moment_from(std::string_view text, WallTime now) {
  if (text.empty()) return std::nullopt;
  if (const auto length = length_from(text)) return now - *length;
  constexpr std::string_view kWhole = "0000-00-00T00:00:00";
  std::string whole(text);
  if (const char last = whole.back(); last == 'Z' || last == 'z') whole.pop_back();
  // What is left out is the beginning of the day, or of the minute.
  if (whole.size() == std::string_view("0000-00-00").size() ||
      whole.size() == std::string_view("0000-00-00T00:00").size())
    whole += kWhole.substr(whole.size());
  return from_iso(whole + 'Z');
}

Duration ahead_of(queue::Store& store) {
  const Mark now = mark_now(store.clock());
  return now.wall - now.date;
}

queue::Job dated(queue::Job job, Duration ahead) {
  job.found_at += ahead;
  job.state_since += ahead;
  job.due += ahead;
  if (job.submitted_at) *job.submitted_at += ahead;
  return job;
}

std::string brief(Duration length) {
  if (length < 1min) return fmt::format("{}s", std::max<std::int64_t>(0, length / 1s));
  if (length < 1h) return fmt::format("{}m", length / 1min);
  if (length < 48h) return fmt::format("{}h", length / 1h);
  return fmt::format("{}d", length / 24h);
}

std::string for_people(WallTime time) {
  std::string text = to_iso(time).substr(0, std::string_view("0000-00-00T00:00:00").size());
  text[10] = ' ';
  return text;
}

}  // namespace chunkrd::cli
