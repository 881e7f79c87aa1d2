#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "tests/simulation/stage.h"

namespace chunkrd::simulation {

/// What was put into the inbox, and what was taken out of the folders since, by key_of().
struct Traffic {
  std::map<std::string, int> dropped;
  struct Taken {
    int results = 0, originals = 0, failures = 0;
  };
  std::map<std::string, Taken> taken;
  std::map<std::string, int> failed;  ///< ends without a result, by name
};

/// Whoever drops documents, uses their names again, and takes away what lies in the folders; and whether
/// retention deletes nothing that is not over.
class People {
 public:
  explicit People(Stage& stage) : stage_(stage) {}

  /// Puts on the agenda what the plan says.
  void plan();

  /// A document has come to its end; retention has deleted something.
  void saw_end(const queue::Job& job);
  void saw_gone(pipeline::Pruned what);
  /// The queue was replaced by another one: what it has forgotten is not known.
  void saw_rebuild() { ends_.clear(); }

  const Traffic& traffic() const { return traffic_; }

 private:
  struct End {
    queue::Job job;
    WallTime at;     ///< true time
    WallTime lived;  ///< Clock::lived()
  };

  void drop(int document, int version);
  void put_sidecar(int document);
  void take_something();
  void take_result(const std::string& name);
  void take_failure(const std::string& name);
  void take_original(const std::string& name);
  void look_at_rows();
  void look_at_originals();

  Stage& stage_;
  Traffic traffic_;
  std::map<std::string, End> ends_;  ///< by job; of those that stand
  int taken_ = 0;
};

}  // namespace chunkrd::simulation
