#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "config/settings.h"
#include "pipeline/rebuild/listed.h"
#include "pipeline/rebuild/recovery.h"
#include "queue/sqlite/salvage.h"

namespace chunkrd::pipeline::rebuild {

/// What came into a new queue.
struct NewQueue {
  queue::Salvage salvaged;
  Found found;
  std::int64_t jobs = 0;
  queue::Spent today;  ///< known to be paid for
};

/// The time as it goes on from the last mark of the old queue.
using GoesOn = std::function<Mark(const std::optional<Mark>& last)>;

/// Makes the queue `into` from what can be read of the copy `old` of the one before (which is written to),
/// then from what lies in the folders, and from what the task list says. Nothing else is changed. Blocking.
/// Throws queue::StoreError, std::system_error.
NewQueue make_queue(const std::filesystem::path& old, const std::filesystem::path& into,
                    const config::Settings& settings, Listed listed, const GoesOn& goes_on);

}  // namespace chunkrd::pipeline::rebuild
