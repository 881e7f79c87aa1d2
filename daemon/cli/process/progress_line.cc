#include "cli/process/progress_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/job_text.h"
#include "cli/terminal.h"
#include "cli/times.h"

namespace chunkrd::cli::process {
namespace {

constexpr int kBarMost = 30, kBarLeast = 12, kTextLeast = 20;
// Fewer say nothing about the others.
constexpr std::size_t kEndedForAnEstimate = 2;

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
  if (const std::string left = time_left(progress); !left.empty()) parts.push_back("about " + left + " left");
  parts.push_back(fmt::format("{} parsing", progress.parsing));
  parts.push_back(fmt::format("{} waiting", progress.waiting));
  parts.push_back(fmt::format("{} delivered", progress.delivered));
  if (progress.bytes_to_send > 0)
    parts.push_back(fmt::format("{} of {} sent",
                                size_text(std::min(progress.bytes_sent, progress.bytes_to_send)),
                                size_text(progress.bytes_to_send)));
  return parts;
}

}  // namespace

std::string time_left(const Progress& progress) {
  const std::size_t ended_here = ended_of(progress) - std::min(progress.ended_before, ended_of(progress));
  const std::size_t left = progress.waiting + progress.parsing;
  if (ended_here < kEndedForAnEstimate || left == 0 || !progress.paused.empty()) return {};
  return brief(progress.elapsed * static_cast<std::int64_t>(left) / static_cast<std::int64_t>(ended_here));
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
