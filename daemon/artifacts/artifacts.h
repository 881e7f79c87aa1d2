#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "taskapi/task.h"

namespace chunkrd::artifacts {

/// A result file (TaskResponse with chunks) that was read through.
struct Summary {
  taskapi::Task task;
  std::size_t chunks = 0;
  std::size_t segments = 0;
};

struct Broken {
  std::string message;  ///< "not complete: ends inside output.chunks[3]"
};

/// Reads a downloaded result to its end and checks that it is one: whole, JSON, a TaskResponse. Memory
/// follows the largest chunk, never the file. Blocking: file pool. Throws std::system_error.
std::variant<Summary, Broken> inspect(const std::filesystem::path& result);

/// Writes the Markdown of all chunks in reading order (segments as the service put them into chunks, one
/// empty line between them, `content` where there is no Markdown) to `to`, synced; an existing file is
/// overwritten. A segment that chunking has put into two neighbours appears once. A result without any text
/// makes an empty file. Throws std::system_error, and BrokenResult (artifacts/result_scanner.h) for a result
/// that would not have passed inspect(). Blocking: file pool.
void write_markdown(const std::filesystem::path& result, const std::filesystem::path& to);

}  // namespace chunkrd::artifacts
