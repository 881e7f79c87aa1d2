#pragma once

#include "core/log_about.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// What the log says of a document, see log_about().
inline About about(const queue::Job& job) {
  return {.job = job.id,
          .name = job.name,
          .state = std::string(queue::to_string(job.state)),
          .task_id = job.task_id,
          .inbox = job.inbox};
}

}  // namespace chunkrd::pipeline
