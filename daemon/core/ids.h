#pragma once

#include <string>

#include "core/clock.h"

namespace chunkrd {

/// Where random numbers come from, so that a simulation can replay them from a seed.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 random bits. Event-loop thread only.
  virtual std::uint64_t next() = 0;

  /// Evenly distributed in [0, 1).
  double fraction() { return static_cast<double>(next() >> 11) * 0x1.0p-53; }
};

/// The kernel's random numbers.
class SystemRandom final : public Random {
 public:
  std::uint64_t next() override;
};

/// A new job's id: 10 characters of time, then 16 random ones (the layout of a ULID, in lower-case
/// Crockford base 32), so that ids sort by age and a short prefix names a job.
std::string make_job_id(WallTime now, Random& random);

/// What the id of every job found at `time` or later is not less than, and no earlier one's reaches.
std::string first_job_id_at(WallTime time);

/// What marks one submit as ours at the service: 20 random characters [0-9a-z], 100 bits.
std::string make_tag(Random& random);

}  // namespace chunkrd
