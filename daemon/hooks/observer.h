#pragma once

#include <string>

namespace chunkrd::hooks {

/// What became of an attempt to tell somebody, or of a notification. `name` of a hook in bytes.
enum class Outcome { taken, refused, given_up };
inline constexpr int kOutcomeCount = 3;

/// Told what hooks make of notifications. Event-loop thread; must not block or throw.
class Observer {
 public:
  virtual ~Observer() = default;

  virtual void on_notification(const std::string& hook, Outcome outcome, std::size_t count) = 0;
};

}  // namespace chunkrd::hooks
