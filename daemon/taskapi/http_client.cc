#include "taskapi/http_client.h"

#include <fcntl.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <stdexcept>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "core/quotation.h"
#include "taskapi/document_body.h"
#include "taskapi/reader.h"
#include "taskapi/writer.h"

namespace chunkrd::taskapi {
namespace {

using http::Method;
using std::chrono::steady_clock;

// The second is the first, changed by a proxy on the way.
constexpr int kWhole[] = {200, 203};

std::expected<Task, std::string> task_in(const http::Response& response) {
  return read_task(response.body);
}

std::expected<TaskPage, std::string> tasks_in(const http::Response& response) {
  return read_tasks(response.body);
}

std::expected<Accepted, std::string> text_in(const http::Response& response) {
  return Accepted{response.body};
}

// Nobody has asked for a part (206), and without content there is no file.
std::expected<Saved, std::string> saved_by(const http::Response& response) {
  if (std::ranges::find(kWhole, response.status) == std::end(kWhole))
    return std::unexpected("HTTP " + std::to_string(response.status) + " instead of the whole of it");
  return Saved{response.body_bytes};
}

NoAnswer::Cause cause_of(http::TransportError::Cause cause) {
  switch (cause) {
    case http::TransportError::Cause::resolve:
      return NoAnswer::Cause::resolve;
    case http::TransportError::Cause::connect:
      return NoAnswer::Cause::connect;
    case http::TransportError::Cause::tls:
      return NoAnswer::Cause::tls;
    case http::TransportError::Cause::timeout:
      return NoAnswer::Cause::timeout;
    case http::TransportError::Cause::cut:
      return NoAnswer::Cause::cut;
    case http::TransportError::Cause::local:
      return NoAnswer::Cause::local_file;
    case http::TransportError::Cause::too_large:
    case http::TransportError::Cause::abandoned:
    case http::TransportError::Cause::other:
      return NoAnswer::Cause::other;
  }
  return NoAnswer::Cause::other;
}

template <class Good>
Answer<Good> answer_to(const http::TransportError& error) {
  if (error.cause == http::TransportError::Cause::too_large) return Unreadable{error.message};
  return NoAnswer{.request = error.sent == http::TransportError::Sent::not_sent
                                 ? NoAnswer::Request::not_sent
                                 : NoAnswer::Request::maybe_sent,
                  .cause = cause_of(error.cause),
                  .message = error.message,
                  .local = error.local};
}

template <class Good>
Answer<Good> answer_to(const http::Response& response,
                       std::expected<Good, std::string> (*read)(const http::Response&)) {
  if (!http::is_success(response.status))
    return Refusal{.http_status = response.status,
                   .text = response.body,
                   .retry_after = response.retry_after,
                   .request_id = response.request_id,
                   .request_whole = response.request_whole};
  auto good = read(response);
  if (!good) return Unreadable{good.error()};
  return std::move(*good);
}

struct Classify {
  template <class Good>
  AnswerClass operator()(const Good&) const {
    return AnswerClass::ok_2xx;
  }
  AnswerClass operator()(const NoAnswer&) const { return AnswerClass::network; }
  AnswerClass operator()(const Unreadable&) const { return AnswerClass::unreadable; }
  AnswerClass operator()(const Refusal& refusal) const {
    if (refusal.http_status == 429) return AnswerClass::rate_limited_429;
    return refusal.http_status >= 500 ? AnswerClass::failed_5xx : AnswerClass::refused_4xx;
  }
};

/// The body of a create: the frame, and what is streamed within it.
struct BodyBetween {
  CreateFrame frame;
  Executor threads;

  template <class OnDisk>
  std::unique_ptr<http::Body> operator()(OnDisk document) {
    return document_body(std::move(document), std::move(frame.before), std::move(frame.after), threads);
  }
  std::unique_ptr<http::Body> operator()(const WebAddress&) {
    return http::text_body(frame.before + frame.after);
  }
};

// Never what has that name now: somebody may still write to that, out of a mount that did not answer.
FileDescriptor made_anew(const std::filesystem::path& path) {
  durable::remove_file(path);
  return durable::open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
}

// How long the service may take to fetch a document from somewhere else. After it the submit counts as lost,
// and its task is hard to find.
constexpr Duration kFetch = std::chrono::minutes(5);

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

}  // namespace

HttpClient::HttpClient(http::Engine& engine, Options options, std::string key, Observer* observer)
    : engine_(engine), options_(std::move(options)), observer_(observer) {
  while (options_.url.ends_with('/')) options_.url.pop_back();
  set_key(std::move(key));
}

void HttpClient::set_key(std::string key) {
  if (std::ranges::any_of(key, is_control))
    throw std::invalid_argument("the API key holds a control character");
  key_ = std::move(key);
}

http::Timeouts HttpClient::timeouts() const {
  return {.connect = options_.connect_timeout,
          .stall = options_.stall_timeout,
          .least_rate = options_.least_rate,
          .answer = options_.answer_timeout};
}

std::string HttpClient::told(std::string text) const {
  if (!key_.empty()) boost::algorithm::replace_all(text, key_, "(the key)");
  return quotation(text);
}

http::Request HttpClient::request(Method method, const std::string& target) const {
  http::Request request{.method = method,
                        .url = options_.url + target,
                        .headers = {{"Accept", "application/json, text/plain"}, {"User-Agent", "chunkrd"}},
                        .body = nullptr,
                        .sink = http::IntoText{options_.answer_bytes_max},
                        .timeouts = timeouts()};
  if (!key_.empty()) request.headers.push_back({"Authorization", key_});
  return request;
}

template <class Good>
awaitable<Answer<Good>> HttpClient::exchange(Operation operation, http::Request request, Read<Good> read) {
  const auto begin = steady_clock::now();
  if (observer_ != nullptr) observer_->on_request(operation);
  const http::Result result = co_await engine_.perform(std::move(request));
  Answer<Good> answer = result ? answer_to<Good>(*result, read) : answer_to<Good>(result.error());
  if (auto* refusal = std::get_if<Refusal>(&answer)) {
    refusal->text = told(std::move(refusal->text));
    refusal->request_id = told(std::move(refusal->request_id));
  } else if (auto* unreadable = std::get_if<Unreadable>(&answer)) {
    unreadable->message = told(std::move(unreadable->message));
  }
  const http::Traffic traffic = result ? result->traffic : result.error().traffic;
  if (observer_ != nullptr)
    observer_->on_exchange({.operation = operation,
                            .answer = std::visit(Classify{}, answer),
                            .took = std::chrono::ceil<Duration>(steady_clock::now() - begin),
                            .bytes_up = traffic.bytes_up,
                            .bytes_down = traffic.bytes_down});
  co_return answer;
}

awaitable<Answer<Task>> HttpClient::create(CreateRequest document) {
  CreateFrame frame = create_frame(document);
  http::Request post = request(Method::post, "/api/v1/task/parse");
  post.headers.push_back({"Content-Type", "application/json"});
  // The service fetches the document before it answers.
  if (std::holds_alternative<WebAddress>(document.document))
    post.timeouts.answer = std::max(options_.answer_timeout, kFetch);
  post.body =
      std::visit(BodyBetween{std::move(frame), std::move(document.threads)}, std::move(document.document));
  co_return co_await exchange(Operation::create, std::move(post), &task_in);
}

awaitable<Answer<Task>> HttpClient::get(std::string task_id) {
  return exchange(Operation::get, request(Method::get, task_path(task_id) + "?include_chunks=false"),
                  &task_in);
}

awaitable<Answer<Saved>> HttpClient::save(Operation operation, http::Request get, NewFile into) {
  get.sink = http::IntoFile{
      std::make_unique<http::WriteBehind>([path = into.path] { return made_anew(path); },
                                          printable(into.path.native()), std::move(into.threads)),
      options_.result_bytes_max};
  return exchange(operation, std::move(get), &saved_by);
}

awaitable<Answer<Saved>> HttpClient::get_result(std::string task_id, NewFile into) {
  const char* const query =
      options_.base64_urls ? "?include_chunks=true&base64_urls=true" : "?include_chunks=true";
  return save(Operation::get_result, request(Method::get, task_path(task_id) + query), std::move(into));
}

awaitable<Answer<Saved>> HttpClient::download(std::string url, NewFile into) {
  http::Request get{.method = Method::get,
                    .url = std::move(url),
                    .headers = {{"Accept", "*/*"}, {"User-Agent", "chunkrd"}},
                    .body = nullptr,
                    .sink = {},
                    .timeouts = timeouts()};
  auto answer = co_await save(Operation::download, std::move(get), std::move(into));
  // A storage repeats the address, and what it makes of the signature, in its errors.
  if (auto* refusal = std::get_if<Refusal>(&answer)) refusal->text.clear();
  co_return answer;
}

awaitable<Answer<Task>> HttpClient::update(std::string task_id, std::string settings) {
  http::Request patch = request(Method::patch, task_path(task_id) + "/parse");
  patch.headers.push_back({"Content-Type", "application/json"});
  patch.body = http::text_body(std::move(settings));
  return exchange(Operation::update, std::move(patch), &task_in);
}

awaitable<Answer<Accepted>> HttpClient::cancel(std::string task_id) {
  return exchange(Operation::cancel, request(Method::get, task_path(task_id) + "/cancel"), &text_in);
}

awaitable<Answer<Accepted>> HttpClient::remove(std::string task_id) {
  return exchange(Operation::remove, request(Method::del, task_path(task_id)), &text_in);
}

awaitable<Answer<TaskPage>> HttpClient::list(ListQuery query) {
  http::Request get = request(Method::get, list_target(query));
  get.sink = http::IntoText{options_.list_bytes_max};
  return exchange(Operation::list, std::move(get), &tasks_in);
}

awaitable<Answer<Accepted>> HttpClient::health() {
  return exchange(Operation::health, request(Method::get, "/health"), &text_in);
}

}  // namespace chunkrd::taskapi
