#pragma once

#include <prometheus/counter.h>
#include <prometheus/registry.h>
#include <spdlog/sinks/sink.h>

#include <array>
#include <memory>

namespace chunkrd::metrics {

/// A spdlog sink that writes nothing and counts chunkrd_log_messages_total{level}. Keeps the registry
/// alive, because loggers live until the process ends. Any thread.
class LogCounter final : public spdlog::sinks::sink {
 public:
  explicit LogCounter(std::shared_ptr<prometheus::Registry> registry);

  void log(const spdlog::details::log_msg& message) override;
  void flush() override {}
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

 private:
  std::shared_ptr<prometheus::Registry> registry_;
  std::array<prometheus::Counter*, spdlog::level::n_levels> by_level_{};
};

}  // namespace chunkrd::metrics
