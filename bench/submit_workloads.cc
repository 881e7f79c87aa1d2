// Submitting documents (file read, base64 made while it is sent, answer read), beside a bare libcurl multi
// loop that posts a body made beforehand. Both talk to the same server in this process, so the ratio flatters
// nobody.
#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <memory>

#include "bench/workload.h"
#include "core/file_pools.h"
#include "http/engine.h"
#include "taskapi/http_client.h"
#include "tests/support/http_server.h"

namespace chunkrd::bench {
namespace {

constexpr int kAtOnce = 16;
constexpr const char* kAnswer =
    R"({"task_id":"3f1c9c1e","status":"Starting","message":"Task queued","created_at":"2025-04-24T09:00:00Z","configuration":{},"output":{"chunks":[],"file_name":"a.pdf"}})";

awaitable<void> submit_some(taskapi::Client& client, FilePools& files, std::filesystem::path file,
                            std::uint64_t size, int& left) {
  while (left > 0) {
    left -= 1;
    const auto answer = co_await client.create({.document = taskapi::LocalFile{file, size},
                                                .file_name = "a.pdf",
                                                .settings = "{}",
                                                .threads = files.for_sending({})});
    if (!std::holds_alternative<taskapi::Task>(answer)) throw std::runtime_error("not submitted");
  }
}

double submit_all(const std::string& url, const std::filesystem::path& file, std::uint64_t size,
                  int documents) {
  asio::io_context loop{1};
  FilePools files;
  http::Engine engine(loop.get_executor(), {});
  taskapi::HttpClient::Options options;
  options.url = url;
  taskapi::HttpClient client(engine, options, "key", nullptr);
  int left = documents;
  for (int i = 0; i < kAtOnce; ++i)
    asio::co_spawn(loop, submit_some(client, files, file, size, left), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  loop.run();
  return documents;
}

std::size_t ignore(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

double post_all(const std::string& url, const std::string& body, int documents) {
  CURLM* multi = curl_multi_init();
  curl_slist* headers =
      curl_slist_append(curl_slist_append(nullptr, "Content-Type: application/json"), "Expect:");
  std::vector<CURL*> handles;
  int left = documents;
  const auto add = [&](CURL* easy) {
    if (left-- > 0) curl_multi_add_handle(multi, easy);
  };
  for (int i = 0; i < kAtOnce; ++i) {
    CURL* easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, (url + "/api/v1/task/parse").c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 256L * 1024);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore);
    handles.push_back(easy);
    add(easy);
  }
  int running = 1;
  while (running > 0) {
    curl_multi_perform(multi, &running);
    int messages = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi, &messages)) {
      CURL* easy = message->easy_handle;
      if (message->data.result != CURLE_OK) throw std::runtime_error("not posted");
      curl_multi_remove_handle(multi, easy);
      if (left > 0) running = 1;
      add(easy);
    }
    if (running > 0) curl_multi_poll(multi, nullptr, 0, 100, nullptr);
  }
  for (CURL* easy : handles) curl_easy_cleanup(easy);
  curl_slist_free_all(headers);
  curl_multi_cleanup(multi);
  return documents;
}

Workload submit(const std::filesystem::path& folder, std::shared_ptr<test::HttpServer> server,
                const char* name, std::size_t size, int documents) {
  const auto file = folder / name;
  std::ofstream(file, std::ios::binary) << std::string(size, 'x');
  auto body = std::make_shared<std::string>(R"({"file":")" + std::string((size + 2) / 3 * 4, 'e') + R"("})");
  return {fmt::format("submit {} documents, {} at once", name, kAtOnce), "document",
          "bare libcurl multi, body in memory",
          [=] { return submit_all(server->url(), file, size, documents); },
          [=] { return post_all(server->url(), *body, documents); }};
}

}  // namespace

std::vector<Workload> submit_workloads(const std::filesystem::path& folder) {
  auto server = std::make_shared<test::HttpServer>(
      test::HttpServer::Options{.bodies = test::HttpServer::Bodies::discard, .tls = {}});
  server->otherwise([](const test::Received&) { return test::Reply::json(kAnswer); });
  return {submit(folder, server, "4 KiB", 4 << 10, 3000), submit(folder, server, "100 KiB", 100 << 10, 1000),
          submit(folder, server, "10 MiB", 10 << 20, 30)};
}

}  // namespace chunkrd::bench
