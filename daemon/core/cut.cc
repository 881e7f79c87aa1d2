#include "core/cut.h"

#include <utility>

namespace chunkrd {
namespace {

thread_local const std::atomic<bool>* cut_here = nullptr;

}  // namespace

Cuttable::Cuttable(const std::atomic<bool>& cut) noexcept : before_(std::exchange(cut_here, &cut)) {}

Cuttable::~Cuttable() {
  cut_here = before_;
}

void look_whether_cut() {
  if (cut_here != nullptr && cut_here->load(std::memory_order_relaxed)) throw CutShort();
}

}  // namespace chunkrd
