#include "local/server/api.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/system/system_error.hpp>

#include "local/server/names.h"
#include "local/server/query.h"
#include "local/server/trouble.h"

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;

constexpr const char* kNotFound = "Task not found";
constexpr const char* kFileFailed = "Failed to process file";
constexpr const char* kCreateFailed = "Failed to create task";
constexpr const char* kDiskFull =
    "The disk of the machine that runs chunkr-local is full: nothing was done. Free some space, or delete "
    "tasks, then try again";
constexpr const char* kShortage =
    "The machine that runs chunkr-local is short of something (see its log): nothing was done. Try again";

WallTime now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

bool is_expired(const Task& task) {
  return task.expires_at && *task.expires_at <= now();
}

std::string wrong_state(std::string_view done, Status status) {
  return fmt::format("Task cannot be {}: status is {}", done, to_string(status));
}

/// A key is compared in a time that does not tell how much of it was right.
bool is_same(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

Answer storage_error(unsigned status, std::string_view code, std::string_view message) {
  Answer answer = text_answer(
      status, fmt::format("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{}</Code><Message>{}"
                          "</Message></Error>",
                          code, message));
  answer.content_type = "application/xml";
  return answer;
}

/// The words of an error stay in the log: there are paths of this machine in them.
Answer answer_to_trouble(const std::exception& error, Operation operation) {
  Answer answer;
  switch (trouble_of(error)) {
    case Trouble::full_disk:
      return text_answer(507, kDiskFull);
    case Trouble::shortage:
      answer = text_answer(503, kShortage);
      answer.headers.emplace_back("Retry-After", "2");
      return answer;
    case Trouble::none:
      break;
  }
  return text_answer(500, operation == Operation::create ? kCreateFailed : "Internal server error");
}

/// Of a file in a storage URL: the document, its PDF, or an image.
std::string content_type_of(const Task& task, std::string_view url_name, std::string_view file) {
  if (file == Folders::kInput) return task.content_type;
  if (file.ends_with("/document.pdf")) return "application/pdf";
  return url_name.ends_with(".png") ? "image/png" : "image/jpeg";
}

/// Removes a document that did not become a task.
class Incoming {
 public:
  explicit Incoming(std::filesystem::path path) : path(std::move(path)) {}
  Incoming(Incoming&& other) noexcept : path(std::exchange(other.path, {})) {}
  Incoming& operator=(Incoming&&) = delete;
  ~Incoming() {
    std::error_code ec;
    if (!path.empty()) std::filesystem::remove(path, ec);
  }
  std::filesystem::path path;
};

}  // namespace

/// A POST's or PATCH's body once it is read: what it held, or the answer to what was wrong with it.
struct Api::Body {
  Incoming document;
  Upload upload;
  std::string file_name;
  std::optional<Answer> mistake;
};

Api::Api(World world)
    : world_(std::move(world)),
      answers_(world_.folders, world_.signer, world_.options.dialect),
      list_(world_.store, world_.rules, answers_, world_.options.dialect) {}

awaitable<Answer> Api::answer(const Request& request, RequestBody& body) {
  const Route where = route_of(request);
  statistics_.count(where.operation);
  if (world_.rules.drops_at_arrival(where.operation)) {
    Answer nothing;
    nothing.delivery = Delivery::none;
    co_return nothing;
  }
  if (auto refusal = world_.door.refuse(request)) co_return std::move(*refusal);
  if (auto refusal = refuse_access(request, where)) co_return std::move(*refusal);
  try {
    co_return co_await route(request, where, body);
  } catch (const BadQuery& bad) {
    co_return text_answer(400, bad.what());
  } catch (const boost::system::system_error&) {
    throw;  // the connection is gone
  } catch (const std::exception& error) {
    spdlog::error("{}: {}", to_string(where.operation), error.what());
    co_return answer_to_trouble(error, where.operation);
  }
}

std::optional<Answer> Api::refuse_access(const Request& request, const Route& route) const {
  const bool is_open = route.operation == Operation::health || route.operation == Operation::download ||
                       route.operation == Operation::statistics || !request.path.starts_with("/api/v1");
  if (is_open || world_.options.key.empty()) return std::nullopt;
  if (!request.authorization) return text_answer(401, "Authorization header is missing");
  if (request.authorization->empty()) return text_answer(401, "API key is missing");
  if (request.authorization->starts_with("Bearer ")) return text_answer(401, "Invalid token payload");
  if (!is_same(*request.authorization, world_.options.key)) {
    return text_answer(401, "Invalid or inactive API key");
  }
  return std::nullopt;
}

awaitable<Answer> Api::route(const Request& request, const Route& where, RequestBody& body) {
  const bool has_body = where.operation == Operation::create || where.operation == Operation::update;
  Body read{.document = Incoming({}), .upload = {}, .file_name = {}, .mistake = {}};
  std::optional<Task> task;
  if (!where.id.empty()) task = world_.store.find(where.id);
  if (has_body) {
    Body taken = co_await read_body(request, body);
    std::swap(read.document.path, taken.document.path);
    read.upload = std::move(taken.upload);
    read.file_name = std::move(taken.file_name);
    read.mistake = std::move(taken.mistake);
  }
  RequestFacts facts = facts_of(request, where, task);
  if (where.operation == Operation::create) facts.file_name = read.file_name;
  RequestEffect effect = world_.rules.for_request(facts);
  if (effect.delay.count() > 0) {
    asio::steady_timer timer(co_await asio::this_coro::executor, effect.delay);
    co_await timer.async_wait(asio::use_awaitable);
  }
  Answer answer;
  if (effect.respond) {
    answer = text_answer(effect.respond->status, effect.respond->body);
    answer.headers = effect.respond->headers;
  } else if (effect.not_found) {
    answer = text_answer(404, kNotFound);
  } else if (read.mistake) {
    answer = std::move(*read.mistake);
  } else if (where.operation == Operation::create) {
    answer = co_await create(request, read);
  } else if (where.operation == Operation::update) {
    answer = update(request, where, read);
  } else {
    answer = perform(request, where, effect);
  }
  answer.delivery = effect.delivery;
  co_return answer;
}

Answer Api::perform(const Request& request, const Route& where, const RequestEffect& effect) {
  switch (where.operation) {
    case Operation::health:
      return text_answer(200, std::string("OK - Version ") + version_of(world_.options.dialect));
    case Operation::get:
      return get(request, where, effect);
    case Operation::list:
      return list_.answer(request, view_of(request));
    case Operation::cancel:
      return cancel(where);
    case Operation::remove:
      return remove(where);
    case Operation::download:
      return download(request, where);
    case Operation::statistics:
      return statistics();
    case Operation::create:
    case Operation::update:
    case Operation::unknown:
      break;
  }
  return text_answer(404, "");
}

RequestFacts Api::facts_of(const Request& request, const Route& where,
                           const std::optional<Task>& task) const {
  RequestFacts facts{.operation = where.operation, .task_id = where.id};
  if (task) {
    facts.file_name = task->file_name;
    facts.status = task->status;
    facts.shows_chunks = where.operation == Operation::get && task->status == Status::Succeeded &&
                         parameter(request.query, "include_chunks").value_or("true") == "true";
  }
  return facts;
}

awaitable<Api::Body> Api::read_body(const Request& request, RequestBody& body) const {
  Body read{
      .document = Incoming(world_.folders.new_incoming()), .upload = {}, .file_name = {}, .mistake = {}};
  const std::uint64_t limit = world_.options.body_bytes_max;
  if (!is_json(request.content_type)) {
    read.mistake = text_answer(400, "Content type error");
    co_return read;
  }
  if (body.size_bytes() > limit) {
    read.mistake =
        text_answer(413, fmt::format("JSON payload ({} bytes) is larger than allowed (limit: {} bytes).",
                                     *body.size_bytes(), limit));
    co_return read;
  }
  UploadReader reader(read.document.path);
  std::uint64_t got = 0;
  for (auto piece = co_await body.next(); !piece.empty(); piece = co_await body.next()) {
    got += piece.size();
    if (got > limit) {
      read.mistake = text_answer(413, fmt::format("JSON payload has exceeded limit ({} bytes).", limit));
      co_return read;
    }
    if (read.mistake)
      continue;  // the rest is read so that the client, which is still sending, gets the answer
    try {
      reader.add(piece);
    } catch (const BadBody& bad) {
      read.mistake = text_answer(400, bad.what());
    }
  }
  if (read.mistake) co_return read;
  try {
    read.upload = reader.finish();
    read.file_name = plain_file_name(file_name_of(read.upload.settings));
  } catch (const BadBody& bad) {
    read.mistake = text_answer(400, bad.what());
  } catch (const BadForm& bad) {
    read.mistake = text_answer(400, read.upload.bad(bad.what()).what());
  }
  co_return read;
}

FormRules Api::form_rules() const {
  return {.models = world_.options.models,
          .expires_in_default = world_.options.expires_in_default,
          .dialect = world_.options.dialect};
}

View Api::view_of(const Request& request) const {
  View view;
  view.now = now();
  view.server_url = world_.options.public_url;
  if (view.server_url.empty()) {
    view.server_url = "http://" + request.host;  // one of ours: the door let it in
  }
  return view;
}

Answer Api::task_answer(const Task& task, const View& view) const {
  Answer answer;
  answer.content_type = "application/json";
  answer.source = answers_.one(task, view);
  return answer;
}

awaitable<Answer> Api::create(const Request& request, Body& body) {
  json::object configuration;
  try {
    if (body.upload.file == Upload::File::absent) throw BadForm("missing field `file`");
    configuration = configuration_for(body.upload.settings, form_rules());
  } catch (const BadForm& bad) {
    co_return text_answer(400, body.upload.bad(bad.what()).what());
  } catch (const UnknownModel& unknown) {
    co_return text_answer(400, unknown.what());
  }
  if (body.upload.file == Upload::File::undecodable) co_return text_answer(500, kFileFailed);
  if (body.upload.file == Upload::File::url) {
    if (auto failure = co_await fetch(body)) co_return std::move(*failure);
  }
  const auto type =
      co_await run_on(world_.blocking, [detect = &world_.options.detect, document = body.document.path,
                                        name = body.file_name] { return (*detect)(document, name); });
  if (!type) co_return text_answer(400, "Unsupported file type");

  Task task;
  task.id = make_uuid();
  task.message = "Task queued";
  task.created_at = now();
  task.configuration = json::serialize(configuration);
  task.file_name = body.file_name.empty() ? task.id + "." + type->extension : body.file_name;
  task.content_type = type->content_type;
  try {
    std::filesystem::create_directory(world_.folders.task(task.id));
    std::filesystem::rename(body.document.path, world_.folders.input(task.id));
    body.document.path.clear();
    world_.store.insert(task);
  } catch (const std::exception&) {
    world_.folders.remove_task(task.id);
    throw;
  }
  world_.workers.wake();
  co_return task_answer(task, view_of(request));
}

awaitable<std::optional<Answer>> Api::fetch(Body& body) {
  const auto fetched =
      co_await world_.fetcher.fetch(body.upload.url, body.document.path, world_.options.body_bytes_max);
  switch (fetched.end) {
    case Fetched::End::document:
      if (auto name = plain_file_name(fetched.name); !name.empty()) body.file_name = std::move(name);
      co_return std::nullopt;
    case Fetched::End::failed:
      co_return text_answer(500, kFileFailed);
    case Fetched::End::refused:
      co_return text_answer(400, "chunkr-local does not fetch documents from that address (see --fetch)");
    case Fetched::End::busy:
      break;
  }
  Answer busy = text_answer(503, "Too many documents are being fetched from addresses");
  busy.headers.emplace_back("Retry-After", "5");
  co_return busy;
}

Answer Api::update(const Request& request, const Route& where, Body& body) {
  const auto task = world_.store.find(where.id);
  if (!task) return text_answer(404, kNotFound);
  const bool is_allowed = task->status == Status::Succeeded || task->status == Status::Failed;
  if (!is_allowed) return text_answer(400, wrong_state("updated", task->status));
  if (task->status == Status::Failed && task->message == "Task timed out")
    return text_answer(500, kCreateFailed);
  json::object configuration;
  try {
    const json::value stored = json::parse(task->configuration);
    configuration = configuration_after(stored.get_object(), body.upload.settings, form_rules());
  } catch (const BadForm& bad) {
    return text_answer(400, body.upload.bad(bad.what()).what());
  } catch (const UnknownModel& unknown) {
    return text_answer(400, unknown.what());
  }
  world_.store.update(task->id, json::serialize(configuration));
  world_.workers.wake();
  return task_answer(*task, view_of(request));
}

Answer Api::get(const Request& request, const Route& where, const RequestEffect& effect) {
  View view = view_of(request);
  const bool has_chunks = flag_parameter(request.query, "include_chunks", "true");
  const bool as_base64 = flag_parameter(request.query, "base64_urls", "false");
  if (has_chunks && !effect.empty_chunks) view.chunks = View::Chunks::include;
  if (as_base64) view.files = View::Files::as_base64;
  const auto task = world_.store.find(where.id);
  if (!task || is_expired(*task)) return text_answer(404, kNotFound);
  const bool lacks_pdf = task->status != Status::Succeeded && !answers_.pdf_of(*task);
  if (as_base64 && lacks_pdf) return text_answer(500, "Error getting input file url");
  return task_answer(*task, view);
}

Answer Api::cancel(const Route& where) {
  if (world_.store.cancel(where.id)) {
    world_.workers.wake();
    return text_answer(200, "Task cancelled");
  }
  const auto task = world_.store.find(where.id);
  if (!task) return text_answer(500, "query returned an unexpected number of rows");
  return text_answer(400, wrong_state("cancelled", task->status));
}

/// A row cannot be removed from a full disk, so the files go first there.
bool Api::forget(const std::string& id) {
  try {
    return world_.store.remove(id);
  } catch (const std::exception& error) {
    const auto task = world_.store.find(id);
    const bool has_ended = task && task->status != Status::Starting && task->status != Status::Processing;
    if (trouble_of(error) != Trouble::full_disk || !has_ended) throw;
  }
  world_.folders.remove_task(id);
  return world_.store.remove(id);
}

Answer Api::remove(const Route& where) {
  if (forget(where.id)) {
    world_.folders.remove_task(where.id);
    return text_answer(200, "Task deleted");
  }
  const auto task = world_.store.find(where.id);
  if (!task) return text_answer(404, kNotFound);
  return text_answer(500, wrong_state("deleted", task->status));
}

Answer Api::download(const Request& request, const Route& where) const {
  const auto verdict =
      world_.signer.check(where.id, where.name, parameter(request.query, "expires").value_or(""),
                          parameter(request.query, "signature").value_or(""), now());
  if (verdict == Signer::Verdict::forged) {
    return storage_error(403, "SignatureDoesNotMatch", "The signature does not match this URL");
  }
  if (verdict == Signer::Verdict::expired) return storage_error(403, "AccessDenied", "Request has expired");
  const auto task = world_.store.find(where.id);
  const auto name = task ? answers_.file_behind(*task, where.name) : std::nullopt;
  auto file = name ? world_.folders.open(task->id, *name) : std::nullopt;
  if (!file) return storage_error(404, "NoSuchKey", "The specified key does not exist");
  Answer answer;
  answer.content_type = content_type_of(*task, where.name, *name);
  answer.source = file_source(std::move(*file));
  return answer;
}

Answer Api::statistics() const {
  if (world_.rules.empty() && !world_.options.serves_statistics) return text_answer(404, "");
  json::object requests;
  for (int i = 0; i <= static_cast<int>(Operation::unknown); ++i) {
    const auto operation = static_cast<Operation>(i);
    requests[to_string(operation)] = statistics_.requests(operation);
  }
  json::object files;
  std::int64_t created = 0;
  std::int64_t succeeded = 0;
  for (const auto& line : world_.store.ledger()) {
    files[line.file_name] = json::object{{"created", line.created}, {"succeeded", line.succeeded}};
    created += line.created;
    succeeded += line.succeeded;
  }
  Answer answer;
  answer.content_type = "application/json";
  answer.text = json::serialize(json::object{{"requests", requests},
                                             {"tasks_created", created},
                                             {"tasks_succeeded", succeeded},
                                             {"by_file_name", files}});
  return answer;
}

}  // namespace chunkrd::local::server
