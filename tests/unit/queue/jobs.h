#pragma once

#include <fmt/format.h>

#include <string>

#include "queue/job.h"
#include "queue/store.h"

namespace chunkrd::queue {

inline WallTime at(std::int64_t milliseconds) {
  return WallTime(Duration(milliseconds));
}

/// A document that was just found; number 7 is "job-0007".
inline Job found(int number, WallTime when = at(1000)) {
  Job job;
  job.id = fmt::format("job-{:04}", number);
  job.inbox = "/srv/in";
  job.name = fmt::format("report-{}.pdf", number);
  job.source_identity = fmt::format("dev 1 ino {}", number);
  job.found_at = when;
  job.profile = "default";
  job.settings = "{}";
  job.settings_hash = "44136fa3";
  job.due = when;
  return job;
}

inline Insertion insertion(Job job) {
  return {std::move(job), {"found", ""}};
}

/// `before` in another state, guarded by what `before` was.
inline Transition moved(const Job& before, State to, std::string what = "moved") {
  Transition transition{before.state, before, {std::move(what), ""}};
  transition.after.state = to;
  return transition;
}

}  // namespace chunkrd::queue
