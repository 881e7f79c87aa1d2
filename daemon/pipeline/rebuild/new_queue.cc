#include "pipeline/rebuild/new_queue.h"

#include <utility>

#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::pipeline::rebuild {

NewQueue make_queue(const std::filesystem::path& old, const std::filesystem::path& into,
                    const config::Settings& settings, Listed listed, const GoesOn& goes_on) {
  NewQueue made;
  made.salvaged = queue::salvage(old, into);
  queue::SqliteStore store(into, {.durability = queue::Durability::none});
  // Time goes on as the rows that came back have it.
  const Mark now = goes_on(store.clock());
  if (listed.read_at) listed.read_at = *listed.read_at - (now.wall - now.date);
  made.found = Recovery(store, make_rules(settings), settings.state, listed, now).take();
  store.set_note(queue::kOlderNote, "");
  for (const std::int64_t count : store.counts()) made.jobs += count;
  made.today = store.spent_on(now.wall);
  return made;
}

}  // namespace chunkrd::pipeline::rebuild
