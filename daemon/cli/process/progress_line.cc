#include "cli/process/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "cli/job_text.h"
#include "cli/terminal.h"
#include "cli/times.h"

namespace chunkrd::cli::process {
namespace {

constexpr int kBarMost = 30, kBarLeast = 12, kTextLeast = 20;
// Fewer say nothing about the others.
constexpr std::size_t kEndedForAnEstimate = 3;
constexpr Duration kElapsedForAnEstimate = std::chrono::seconds(5);
// A change of the pace is told after about this time.
constexpr Duration kSettles = std::chrono::seconds(30);

std::size_t all_of(const Progress& progress) {
  return progress.waiting + progress.parsing + progress.delivered + progress.failed;
}

std::size_t ended_of(const Progress& progress) {
  return progress.delivered + progress.failed;
}

std::string bar(const Progress& progress, int columns) {
  const auto all = std::max<std::size_t>(all_of(progress), 1);
  const auto inner = static_cast<std::size_t>(columns - 2);
  const std::size_t full = inner * ended_of(progress) / all;
  return "[" + std::string(full, '#') + std::string(inner - full, '.') + "]";
}

// The most important ones first.
std::vector<std::string> numbers(const Progress& progress) {
  std::vector<std::string> parts{fmt::format("{}/{}", ended_of(progress), all_of(progress))};
  if (!progress.paused.empty()) parts.push_back("paused: " + progress.paused);
  if (progress.failed > 0) parts.push_back(fmt::format("{} failed", progress.failed));
  if (progress.left) parts.push_back("about " + brief(*progress.left) + " left");
  parts.push_back(fmt::format("{} parsing", progress.parsing));
  parts.push_back(fmt::format("{} waiting", progress.waiting));
  parts.push_back(fmt::format("{} delivered", progress.delivered));
  if (progress.bytes_to_send > 0)
    parts.push_back(fmt::format("{} of {} sent",
                                size_text(std::min(progress.bytes_sent, progress.bytes_to_send)),
                                size_text(progress.bytes_to_send)));
  return parts;
}

// By the pace until the last one ended: between two bursts time goes on, and the work does not. `since`: that
// end.
std::optional<Duration> left_by_pace(const Progress& progress, Duration since) {
  if (progress.ended_here < kEndedForAnEstimate || progress.elapsed < kElapsedForAnEstimate ||
      progress.work_ended == 0 || progress.work_left == 0 || !progress.paused.empty())
    return std::nullopt;
  const double share = static_cast<double>(progress.work_left) / static_cast<double>(progress.work_ended);
  const bool is_late = since > std::max(kSettles, progress.elapsed / 2);
  const auto paced = static_cast<double>((progress.elapsed - (is_late ? Duration::zero() : since)).count());
  const Duration left(static_cast<std::int64_t>(paced * share));
  return is_late ? left : std::max(left - since, Duration::zero());
}

}  // namespace

std::optional<Duration> Estimate::look(const Progress& progress) {
  const Duration passed = progress.elapsed - std::exchange(seen_at_, progress.elapsed);
  if (std::exchange(ended_, progress.ended_here) != progress.ended_here) ended_at_ = progress.elapsed;
  const auto now = left_by_pace(progress, progress.elapsed - ended_at_);
  if (!now || !left_) return left_ = now;
  const Duration coming = std::max(*left_ - passed, Duration::zero());
  const double weight = std::min(1.0, static_cast<double>(passed.count()) / kSettles.count());
  left_ = coming + Duration(static_cast<std::int64_t>(static_cast<double>((*now - coming).count()) * weight));
  return left_;
}

std::string progress_line(const Progress& progress, int columns) {
  // The bar comes before all but the first numbers.
  const int for_text = std::max(columns - kBarLeast - 1, std::min(columns, kTextLeast));
  std::string text;
  for (const std::string& part : numbers(progress)) {
    const std::string longer = text.empty() ? part : text + ", " + part;
    if (display_width(longer) > for_text) break;
    text = longer;
  }
  const int room = columns - display_width(text) - 1;
  if (room < kBarLeast) return text;
  return bar(progress, std::min(room, kBarMost)) + " " + text;
}

}  // namespace chunkrd::cli::process
