#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::local::server {

/// The contract's Status.
enum class Status { Starting, Processing, Succeeded, Failed, Cancelled };
std::string_view to_string(Status status) noexcept;
std::optional<Status> status_from(std::string_view text) noexcept;

/// Where the chunks of a finished task stand: bytes of `output.json` in the folder of one run.
struct Output {
  std::string run;  ///< folder name in the task's folder, empty: no result yet
  std::uint64_t chunks_offset = 0;
  std::uint64_t chunks_bytes = 0;
  int page_count = 0;
};

/// One row of the tasks table.
struct Task {
  std::string id;
  Status status = Status::Starting;
  std::string message;
  WallTime created_at;
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  std::optional<WallTime> expires_at;
  std::string configuration;  ///< JSON object, without input_file_url
  std::string file_name;
  std::string content_type;  ///< of the input
  Output output;
  int attempts = 0;        ///< how often a worker took it
  bool is_update = false;  ///< a PATCH is under way: a failure goes back to what was before
};

}  // namespace chunkrd::local::server
