#pragma once

#include <chrono>
#include <map>

#include "tests/simulation/stage.h"

namespace chunkrd::simulation {

/// Whether the day's budget is kept, and used. Only where the machine's clock is right and its queue its own:
/// then the service's days are the daemon's.
///
/// * On no day more is made (tasks and updates) than the budget allows, but for tasks that the service hides
///   from its list, and links' that nobody can tell apart: nobody can count those.
/// * Where documents have waited for the last hours of a day, and nothing but the budget has held them up,
/// all
///   of it is spent or in doubt: what certainly did not arrive was given back.
class BudgetWatch {
 public:
  explicit BudgetWatch(Stage& stage) : stage_(stage) {}

  /// Puts on the agenda what is to be looked at.
  void plan();
  void saw_stop() { calm_since_ = stage_.time.now(); }
  /// At the end. `lifted`: days on which somebody has lifted it.
  void look_at_days(const std::set<std::chrono::sys_days>& lifted);

 private:
  bool is_watched() const;
  void look();

  Stage& stage_;
  WallTime calm_since_{};
};

}  // namespace chunkrd::simulation
