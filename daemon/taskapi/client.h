#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <variant>

#include "core/async.h"
#include "core/file_pools.h"
#include "taskapi/answer.h"
#include "taskapi/task.h"

namespace chunkrd::taskapi {

/// A document on this machine, streamed as base64 while it is sent; must not change meanwhile.
struct LocalFile {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;  ///< a file of another size fails with local_file
  std::string sha256 = {};       ///< as does one of another content, before its last byte is sent; empty: any
};

/// An http or https address from which the service fetches the document, while we wait for its answer.
struct WebAddress {
  std::string url;  ///< may be signed: never log
};

/// A data URL that stands in a file, streamed from there as it is; see read_link(). Must not change
/// meanwhile.
struct DataUrl {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;  ///< of the file; one of another size fails with local_file
  std::string media_type;        ///< "application/pdf", or empty; the service looks at the content only
  std::uint64_t begin = 0;       ///< where in the file the base64 begins ...
  std::uint64_t length = 0;      ///< ... and how long it is
};

struct CreateRequest {
  std::variant<LocalFile, WebAddress, DataUrl> document;
  /// ASCII, carries our tag. Not sent if absent. For a WebAddress the service prefers the name it finds
  /// there (contract), so that a tag in this one may not come back.
  std::optional<std::string> file_name;
  std::string settings;   ///< JSON object: CreateForm without file and file_name
  Executor threads = {};  ///< that read the document's file, where it has one
};

struct ListQuery {
  std::optional<WallTime> start = std::nullopt;  ///< created at or after
  std::optional<WallTime> end = std::nullopt;
  int page = 1;  ///< from 1
  int limit = 100;
  std::optional<std::string> cursor = std::nullopt;  ///< instead of `page`: where the one before ended
};

struct Accepted {
  std::string text;  ///< "Task cancelled"
};

/// A file that is made, in place of one that has its name, when something is to be written into it.
struct NewFile {
  std::filesystem::path path;
  FilePools::Lent threads;  ///< that write it
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

  /// GET /api/v1/task/{id}?include_chunks=true, the body straight into the file `into` (not synced). The file
  /// is complete only with a Saved answer. Nothing of it is judged here.
  virtual awaitable<Answer<Saved>> get_result(std::string task_id, NewFile into) = 0;

  /// GET of a signed URL, from the host that it names: without the key, and never to another host by way of
  /// a redirect. The body straight into the file `into` (not synced); complete only with a Saved answer. No
  /// part of the URL but its origin is in any answer.
  virtual awaitable<Answer<Saved>> download(std::string url, NewFile into) = 0;

  /// PATCH /api/v1/task/{id}/parse; answers with the task as it was before.
  virtual awaitable<Answer<Task>> update(std::string task_id, std::string settings) = 0;

  /// GET /api/v1/task/{id}/cancel. 200 does not prove that it was stopped: get() again.
  virtual awaitable<Answer<Accepted>> cancel(std::string task_id) = 0;

  /// DELETE /api/v1/task/{id}.
  virtual awaitable<Answer<Accepted>> remove(std::string task_id) = 0;

  /// GET /api/v1/tasks, newest first, without chunks.
  virtual awaitable<Answer<TaskPage>> list(ListQuery query) = 0;

  /// GET /health: the text, "OK - Version 1.14.2".
  virtual awaitable<Answer<Accepted>> health() = 0;
};

}  // namespace chunkrd::taskapi
