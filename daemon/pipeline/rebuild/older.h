#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "pipeline/rebuild/recovery.h"

namespace chunkrd::pipeline::rebuild {

/// For a queue that says of itself that it is older than what was done since (queue::kOlderNote), before the
/// work of a daemon begins with it: its rows are compared with what lies in the folders, and what came since
/// and lies in the spool gets its row. Each document that may have been submitted since is looked for in the
/// task list before it is submitted. Nothing where it says no such thing. Repeatable after a crash. Blocking.
/// Throws queue::StoreError, std::system_error.
std::optional<Found> bring_up_to_date(queue::SqliteStore& store, const std::shared_ptr<const Rules>& rules,
                                      const std::filesystem::path& state, const Mark& now);

}  // namespace chunkrd::pipeline::rebuild
