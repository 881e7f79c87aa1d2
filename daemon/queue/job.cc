#include "queue/job.h"

#include <array>
#include <cstddef>

namespace chunkrd::queue {
namespace {

constexpr std::array<std::string_view, kStateCount + 1> kNames = {
    "",           "claiming",  "ready",    "submitting", "submitted", "collecting",
    "delivering", "delivered", "burying",  "done",       "failed",    "cancelled",
    "vanished",   "removing",  "updating", "reparsing",  "retrying",
};

}  // namespace

std::string_view to_string(State state) noexcept {
  const auto index = static_cast<std::size_t>(state);
  return index < kNames.size() ? kNames[index] : kNames[0];
}

std::optional<State> state_from(std::string_view text) noexcept {
  for (std::size_t i = 1; i < kNames.size(); ++i)
    if (kNames[i] == text) return static_cast<State>(i);
  return std::nullopt;
}

}  // namespace chunkrd::queue
