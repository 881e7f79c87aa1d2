#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/async.h"
#include "taskapi/answer.h"
#include "taskapi/task.h"

namespace chunkrd::taskapi {

struct CreateRequest {
  std::filesystem::path document;  ///< streamed as base64 while it is sent; must not change meanwhile
  std::uint64_t size_bytes = 0;    ///< of `document`; a file of another size fails with local_file
  std::string file_name;           ///< ASCII, carries our tag
  std::string settings;            ///< JSON object: CreateForm without file and file_name
};

struct ListQuery {
  std::optional<WallTime> start = std::nullopt;  ///< created at or after
  std::optional<WallTime> end = std::nullopt;
  int page = 1;  ///< from 1
  int limit = 100;
};

struct Accepted {
  std::string text;  ///< "Task cancelled"
};

struct Saved {
  std::uint64_t size_bytes = 0;
};

/// The Task API, one function an operation. Each waits for the whole exchange and answers with one of the
/// contract's answers; nothing is retried in here. Event-loop thread only. The simulation has its own.
class Client {
 public:
  virtual ~Client() = default;

  /// POST /api/v1/task/parse. Not idempotent: every call that arrives makes a task that is paid for.
  virtual awaitable<Answer<Task>> create(CreateRequest request) = 0;

  /// GET /api/v1/task/{id}?include_chunks=false: how it is doing.
  virtual awaitable<Answer<Task>> get(std::string task_id) = 0;

  /// GET /api/v1/task/{id}?include_chunks=true, the body straight into the file `into` (created or
  /// truncated, not synced). The file is complete only with a Saved answer. Nothing of it is judged here.
  virtual awaitable<Answer<Saved>> get_result(std::string task_id, std::filesystem::path into) = 0;

  /// GET of a signed URL, from the host that it names: without the key, and never to another host by way of
  /// a redirect. The body straight into the file `into` (created or truncated, not synced); complete only
  /// with a Saved answer. No part of the URL but its origin is in any answer.
  virtual awaitable<Answer<Saved>> download(std::string url, std::filesystem::path into) = 0;

  /// PATCH /api/v1/task/{id}/parse; answers with the task as it was before.
  virtual awaitable<Answer<Task>> update(std::string task_id, std::string settings) = 0;

  /// GET /api/v1/task/{id}/cancel. 200 does not prove that it was stopped: get() again.
  virtual awaitable<Answer<Accepted>> cancel(std::string task_id) = 0;

  /// DELETE /api/v1/task/{id}.
  virtual awaitable<Answer<Accepted>> remove(std::string task_id) = 0;

  /// GET /api/v1/tasks, newest first, without chunks.
  virtual awaitable<Answer<std::vector<Task>>> list(ListQuery query) = 0;

  /// GET /health: the text, "OK - Version 1.14.2".
  virtual awaitable<Answer<Accepted>> health() = 0;
};

}  // namespace chunkrd::taskapi
