#pragma once

#include <cstddef>
#include <string>

#include "queue/store.h"

namespace chunkrd::pipeline::rebuild {

/// Does `work` with each job that `filter` lets through, newest first; some of them are in memory at a time,
/// however many there are. `work` may change rows. Blocking. Throws queue::StoreError.
template <class Work>
void for_each_row(queue::Store& store, const queue::Filter& filter, Work work) {
  constexpr std::size_t kAtOnce = 1000;
  std::string before;
  while (true) {
    const auto jobs = store.list(filter, before, kAtOnce);
    if (jobs.empty()) return;
    before = jobs.back().id;
    for (const queue::Job& job : jobs) work(job);
  }
}

}  // namespace chunkrd::pipeline::rebuild
