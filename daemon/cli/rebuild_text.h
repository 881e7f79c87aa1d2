#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <filesystem>
#include <string>

#include "pipeline/rebuild/new_queue.h"
#include "queue/sqlite/diagnosis.h"

namespace chunkrd::cli {

/// What a rebuild has done, or would do.
struct Rebuilt {
  bool dry_run = false;
  std::filesystem::path queue;
  queue::Diagnosis old;
  std::uint64_t unreadable_bytes = 0;  ///< of the old queue, which the disk refused
  std::filesystem::path kept;          ///< where the old one is now; empty when there was none
  pipeline::rebuild::NewQueue made;
  std::string list_not_read;  ///< why; empty when it was
};

/// The shape is in docs/commands.md and only grows.
boost::json::object to_json(const Rebuilt& rebuilt);
/// For people: several lines.
std::string to_text(const Rebuilt& rebuilt);

std::string_view to_string(queue::Condition condition) noexcept;

}  // namespace chunkrd::cli
