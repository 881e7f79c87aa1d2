#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/clock.h"
#include "taskapi/client.h"

namespace chunkrd::pipeline::rebuild {

/// What the service's task list says of documents that are ours by their tags.
struct Listed {
  /// By job_mark(), the newest first. Without settings and addresses.
  std::map<std::string, std::vector<taskapi::Task>> by_mark;
  std::optional<WallTime> read_at;  ///< when all of it had been read
  std::string why_not;              ///< else: why it was not, or not all of it; for people

  /// Those of one job.
  const std::vector<taskapi::Task>& of(const std::string& job_id) const;
};

/// Reads the whole list, newest first. What it has got so far is in the answer also when the rest could not
/// be had. Event-loop thread.
awaitable<Listed> read_list(taskapi::Client& client, const Clock& clock);

}  // namespace chunkrd::pipeline::rebuild
