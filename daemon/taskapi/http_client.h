#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

#include "http/engine.h"
#include "taskapi/client.h"
#include "taskapi/observer.h"

namespace chunkrd::taskapi {

/// The Task API over HTTP.
///
/// The key goes into the Authorization header as it is, of requests to the service's own origin and of no
/// other; it is never part of a message or an address.
class HttpClient final : public Client {
 public:
  struct Options {
    std::string url = "https://api.chunkr.ai";  ///< may have a path; "/api/v1/..." is added to it
    Duration connect_timeout = std::chrono::seconds(10);
    Duration answer_timeout = std::chrono::seconds(60);  ///< after the request: see http::Pace
    Duration stall_timeout = std::chrono::seconds(60);
    std::uint64_t least_rate = 4096;  ///< bytes a second, of every transfer: see http::Pace
    std::size_t answer_bytes_max = std::size_t{8} << 20;  ///< of all answers but a result and the list
    std::size_t list_bytes_max = std::size_t{64} << 20;  ///< of a page of it: what others put there is theirs
    std::uint64_t result_bytes_max = std::uint64_t{4} << 30;
    bool base64_urls = false;  ///< get_result() asks for files as base64 instead of signed URLs
  };

  /// `engine` and `observer` (which may be null) must outlive this. Throws std::invalid_argument as
  /// set_key().
  HttpClient(http::Engine& engine, Options options, std::string key, Observer* observer);

  /// Used from the next request on. Throws std::invalid_argument if no header can hold it; an empty key is
  /// not sent at all.
  void set_key(std::string key);

  awaitable<Answer<Task>> create(CreateRequest request) override;
  awaitable<Answer<Task>> get(std::string task_id) override;
  awaitable<Answer<Saved>> get_result(std::string task_id, NewFile into) override;
  awaitable<Answer<Saved>> download(std::string url, NewFile into) override;
  awaitable<Answer<Task>> update(std::string task_id, std::string settings) override;
  awaitable<Answer<Accepted>> cancel(std::string task_id) override;
  awaitable<Answer<Accepted>> remove(std::string task_id) override;
  awaitable<Answer<TaskPage>> list(ListQuery query) override;
  awaitable<Answer<Accepted>> health() override;

 private:
  /// Reads a success; the text says what is wrong with it.
  template <class Good>
  using Read = std::expected<Good, std::string> (*)(const http::Response&);

  /// A success's body into the file `into`.
  awaitable<Answer<Saved>> save(Operation operation, http::Request get, NewFile into);

  http::Timeouts timeouts() const;
  /// What the service said, as it may be told: quotation(), and without the key, should it repeat that.
  std::string told(std::string text) const;

  http::Request request(http::Method method, const std::string& target) const;

  /// Sends `request`, reads the answer and tells the observer.
  template <class Good>
  awaitable<Answer<Good>> exchange(Operation operation, http::Request request, Read<Good> read);

  http::Engine& engine_;
  Options options_;
  std::string key_;
  Observer* observer_;
};

}  // namespace chunkrd::taskapi
