#pragma once

#include <optional>
#include <string>
#include <string_view>

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

/// When the job of this id was found; nothing if it is no id of make_job_id().
std::optional<WallTime> time_of_job_id(std::string_view id);

/// What marks one submit as ours at the service: the 16 random characters of the job's id, so that its task
/// can be told from the others even when the job's row is lost, and 4 more for each attempt. [0-9a-z].
/// `job_id` must be of make_job_id().
std::string make_tag(const std::string& job_id, Random& random);

/// The part of every tag of this job.
std::string job_mark(const std::string& job_id);
/// The job_mark() in a name that was submitted ("report-<tag>.pdf"); empty where there is none.
std::string job_mark_in(std::string_view file_name);

}  // namespace chunkrd
