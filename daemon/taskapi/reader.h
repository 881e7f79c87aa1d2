#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "taskapi/task.h"

/// Reads the service's answers. Strict about what the contract requires, lenient about all else: unknown
/// fields are skipped, keys come in any order, what may be absent may be null. On failure the text names
/// the field and what is wrong with it: "output.page_count: not a whole number". Pure; any thread.
namespace chunkrd::taskapi {

/// A TaskResponse. Its chunks are skipped, not checked: see artifacts::inspect() for that.
std::expected<Task, std::string> read_task(std::string_view json);

/// The answer of the list: an array of TaskResponse, or (later servers) an object with it and a cursor. Of
/// elements that are none it tells what it can.
std::expected<TaskPage, std::string> read_tasks(std::string_view json);

/// One element of `output.chunks`.
std::expected<Chunk, std::string> read_chunk(std::string_view json);

}  // namespace chunkrd::taskapi
