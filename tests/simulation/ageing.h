#pragma once

#include <functional>
#include <optional>

#include "tests/simulation/stage.h"

namespace chunkrd::simulation {

/// What becomes of the queue's file: a copy of an earlier day is put back, its log is lost, pages of it are
/// overwritten, it is cut, or gone. Then it is rebuilt as `chunkrd rebuild --force` does it, or, where it can
/// be opened, not; and the daemon goes on.
class Ageing {
 public:
  explicit Ageing(Stage& stage) : stage_(stage) {}

  /// Puts on the agenda what the plan says.
  void plan();
  /// A create or an update leaves: the list shows its task some time later.
  void saw_submit();
  /// The queue is another one now, and no daemon runs yet.
  void on_rebuilt(std::function<void()> told) { told_ = std::move(told); }

 private:
  void copy();
  void strike();
  /// What is done to its file, while no daemon runs. `log_lost`: the file without its log. Whether a daemon
  /// can begin with it.
  bool harm(const std::filesystem::path& log_lost);
  void overwrite_pages();
  void rebuild();

  Stage& stage_;
  std::function<void()> told_;
  int copies_ = 0;
  int waiting_ = 0;  ///< for the next submit
};

}  // namespace chunkrd::simulation
