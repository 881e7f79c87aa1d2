#pragma once

#include <optional>

#include "tests/simulation/stage.h"

namespace chunkrd::simulation {

/// The machine: somebody sets its clock, mounts go and come back, a reload moves the places.
class Surroundings {
 public:
  explicit Surroundings(Stage& stage) : stage_(stage) {}

  /// Puts on the agenda what the plan says.
  void plan();
  void set_clock();

 private:
  void take_away(std::optional<std::filesystem::path>& away, const std::filesystem::path& folder,
                 bool leave_empty_folder);
  void move_places();

  Stage& stage_;
  int hidden_ = 0;
};

}  // namespace chunkrd::simulation
