#include "pipeline/rebuild/older.h"

namespace chunkrd::pipeline::rebuild {

std::optional<Found> bring_up_to_date(queue::SqliteStore& store, const std::shared_ptr<const Rules>& rules,
                                      const std::filesystem::path& state, const Mark& now) {
  if (store.note(queue::kOlderNote).value_or("").empty()) return std::nullopt;
  Listed list;
  list.why_not = "each document looks for its own";
  Found found = Recovery(store, rules, state, list, now).take();
  store.set_note(queue::kOlderNote, "");
  return found;
}

}  // namespace chunkrd::pipeline::rebuild
