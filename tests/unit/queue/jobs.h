#pragma once

#include <fmt/format.h>

#include <random>
#include <string>

#include "core/ids.h"
#include "core/sha256.h"
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

/// The same from run to run: what fails can be played again.
class Seeded final : public Random {
 public:
  std::uint64_t next() override { return random_(); }

 private:
  std::mt19937_64 random_{7};
};

/// A document in the spool, with nothing in its row that contradicts itself.
inline Job document(int number, Random& random) {
  Job job = found(number, at(1'745'485'200'000 + number));
  job.id = make_job_id(job.found_at, random);
  job.settings_hash = sha256_hex(job.settings);
  job.sha256 = sha256_hex(job.name);
  job.size_bytes = 1000;
  job.state = State::ready;
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
