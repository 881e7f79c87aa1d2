#include "metrics/log_counter.h"

#include <prometheus/family.h>

#include <utility>

namespace chunkrd::metrics {

LogCounter::LogCounter(std::shared_ptr<prometheus::Registry> registry) : registry_(std::move(registry)) {
  auto& family = prometheus::BuildCounter()
                     .Name("chunkrd_log_messages_total")
                     .Help("Log messages written, by level.")
                     .Register(*registry_);
  using namespace spdlog::level;
  by_level_[trace] = &family.Add({{"level", "trace"}});
  by_level_[debug] = &family.Add({{"level", "debug"}});
  by_level_[info] = &family.Add({{"level", "info"}});
  by_level_[warn] = &family.Add({{"level", "warning"}});
  by_level_[err] = &family.Add({{"level", "error"}});
  by_level_[critical] = by_level_[err];
}

void LogCounter::log(const spdlog::details::log_msg& message) {
  const auto level = static_cast<std::size_t>(message.level);
  if (level < by_level_.size() && by_level_[level] != nullptr) by_level_[level]->Increment();
}

}  // namespace chunkrd::metrics
