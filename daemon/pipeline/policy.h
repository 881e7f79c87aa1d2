#pragma once

#include <vector>

#include "config/settings.h"
#include "core/clock.h"

namespace chunkrd::pipeline {

/// Every bound and wait that lifecycle decides by. From the job's profile where a user may set it.
struct Policy {
  int attempts = 3;                                    ///< tasks that may come to nothing
  Duration starting_deadline = std::chrono::hours(6);  ///< the service never times out Starting
  Duration processing_deadline = std::chrono::hours(2);

  /// How long a submit without an answer is looked for in the task list before it is sent again. The list
  /// drops broken tasks silently (contract), so absence is no proof, only likely.
  Duration reconcile_grace = std::chrono::minutes(2);
  int possible_duplicates = 2;  ///< submits that may be repeated so

  /// 404 also stands for a failed database read (contract): only so many in a row, so far apart, count.
  int not_found_reads = 3;
  Duration not_found_spacing = std::chrono::seconds(60);

  int empty_reads = 5;  ///< unusable results in a row before the document is given up

  bool remove_tasks = false;  ///< delete the task at the service once the result is safe here

  Duration backoff_base = std::chrono::seconds(1);
  Duration backoff_ceiling = std::chrono::minutes(5);
  Duration retry_after_ceiling = std::chrono::hours(1);  ///< a longer Retry-After is taken for a mistake
};

Policy policy_of(const config::Profile& profile, const config::Api& api);

/// So long at most until a document that we may not take is tried again.
inline constexpr Duration kRightsPatience = std::chrono::minutes(1);

/// While a disk here is full everything that waits for space tries again within this time.
inline constexpr Duration kDiskPatience = std::chrono::seconds(30);

/// A document that waits for another one with the same bytes looks again after so long.
inline constexpr Duration kTwinPatience = std::chrono::minutes(10);

/// While a folder is not there everything that lies in it is looked for again within this time.
inline constexpr Duration kFolderPatience = std::chrono::seconds(20);

/// And somebody looks for it this often.
inline constexpr Duration kFolderLook = kFolderPatience / 4;

/// Exponential with full jitter: somewhere in (0, min(ceiling, base * 2^failures)], by `jitter` in [0, 1).
Duration backoff(const Policy& policy, int failures, double jitter);

}  // namespace chunkrd::pipeline
