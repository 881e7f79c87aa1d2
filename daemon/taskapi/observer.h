#pragma once

#include <cstdint>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::taskapi {

enum class Operation { create, get, get_result, update, cancel, remove, list, health, download };
std::string_view to_string(Operation operation) noexcept;

/// What came of one request, coarse enough to be a metric's label.
enum class AnswerClass { ok_2xx, refused_4xx, rate_limited_429, failed_5xx, network, unreadable };
std::string_view to_string(AnswerClass answer) noexcept;

struct Exchange {
  Operation operation;
  AnswerClass answer;
  Duration took;
  std::uint64_t bytes_up = 0;
  std::uint64_t bytes_down = 0;
};

/// Told of every exchange with the service. Event-loop thread.
class Observer {
 public:
  virtual ~Observer() = default;
  /// A request begins. Its exchange is told when it has ended, unless the daemon ends first.
  virtual void on_request(Operation) {}
  virtual void on_exchange(const Exchange& exchange) = 0;
};

}  // namespace chunkrd::taskapi
