#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::queue {

/// What came out of a damaged database.
struct Salvage {
  std::int64_t jobs = 0;  ///< rows taken
  std::optional<std::int64_t>
      lost;  ///< rows that are known to be missing; nothing where not even that is known
  std::int64_t contradictory = 0;  ///< rows that were not believed, in all tables
  std::int64_t events = 0;
  std::int64_t commands = 0, notes = 0, days = 0;
  bool whole = false;  ///< every table could be read to its end
};

/// Makes the new queue `into` with every row of the damaged database that can be read and does not contradict
/// itself: jobs, then the story of each that came back, wishes, notes (the operator's pause), what was paid
/// for. `copy` is written to. Nothing in it is too damaged: then there are only no rows. `into` is not
/// synced. Throws StoreError when `into` cannot be written.
Salvage salvage(const std::filesystem::path& copy, const std::filesystem::path& into);

}  // namespace chunkrd::queue
