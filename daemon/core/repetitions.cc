#include "core/repetitions.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/log_about.h"

namespace chunkrd {
namespace {

constexpr std::chrono::seconds kMinute{60};
// So many different warnings are known at once.
constexpr std::size_t kMost = 1000;

thread_local int t_anew = 0;

}  // namespace

LoggedAnew::LoggedAnew() noexcept {
  t_anew += 1;
}
LoggedAnew::~LoggedAnew() {
  t_anew -= 1;
}

Repetitions::Repetitions(std::shared_ptr<spdlog::sinks::sink> behind, Now now)
    : behind_(std::move(behind)), now_(std::move(now)) {}

Repetitions::~Repetitions() {
  for (const auto& [key, same] : told_) tell(same);
}

void Repetitions::log(const spdlog::details::log_msg& message) {
  if (message.level < spdlog::level::warn || t_anew > 0) return behind_->log(message);
  std::string text(message.payload.data(), message.payload.size());
  const std::string* const key = repetition_key();
  const std::lock_guard hold(mutex_);
  const auto now = now_();
  look(now);
  const auto [known, is_new] =
      told_.try_emplace(key == nullptr ? text : *key, Same{now, message.level, {}, 0});
  if (is_new) {
    behind_->log(message);
    make_room();
    return;
  }
  known->second.last = std::move(text);
  known->second.again += 1;
}

void Repetitions::flush() {
  {
    const std::lock_guard hold(mutex_);
    look(now_());
  }
  behind_->flush();
}

void Repetitions::tell(const Same& same) {
  if (same.again == 0) return;
  const std::string text =
      same.again == 1 ? same.last : fmt::format("{} ({} times in the last minute)", same.last, same.again);
  behind_->log(spdlog::details::log_msg("", same.level, text));
}

// What came again within its minute begins another one.
void Repetitions::look(std::chrono::steady_clock::time_point now) {
  for (auto each = told_.begin(); each != told_.end();) {
    Same& same = each->second;
    if (now - same.since < kMinute) {
      ++each;
    } else if (same.again == 0) {
      each = told_.erase(each);
    } else {
      tell(same);
      same.again = 0;
      same.since = now;
      ++each;
    }
  }
}

void Repetitions::make_room() {
  if (told_.size() <= kMost) return;
  const auto oldest = std::ranges::min_element(told_, {}, [](const auto& each) { return each.second.since; });
  tell(oldest->second);
  told_.erase(oldest);
}

}  // namespace chunkrd
