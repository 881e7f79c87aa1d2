#pragma once

#include <atomic>
#include <stdexcept>

namespace chunkrd {

/// Thrown out of long work that was told to end: nothing is wrong with what it worked on.
class CutShort : public std::runtime_error {
 public:
  CutShort() : std::runtime_error("cut short: the program ends") {}
};

/// While one is there, work on this thread ends at its next look once `cut` becomes true.
class Cuttable {
 public:
  explicit Cuttable(const std::atomic<bool>& cut) noexcept;
  ~Cuttable();
  Cuttable(const Cuttable&) = delete;
  Cuttable& operator=(const Cuttable&) = delete;

 private:
  const std::atomic<bool>* before_;
};

/// For loops over what may be large (a terabyte to hash, to copy): once for each piece. Throws CutShort.
void look_whether_cut();

}  // namespace chunkrd
