// upload_once URL FILE: submits one document and prints this process's peak memory in KiB.
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <fstream>
#include <string>

#include "core/threads.h"
#include "taskapi/http_client.h"

int main(int argc, char** argv) {
  using namespace chunkrd;
  if (argc != 3) return 64;
  asio::io_context io;
  Threads threads(1);
  http::Engine engine(io.get_executor(), {});
  taskapi::HttpClient client(engine, {.url = argv[1]}, "key", nullptr);
  const taskapi::CreateRequest document{
      .document = taskapi::LocalFile{.path = argv[2], .size_bytes = std::filesystem::file_size(argv[2])},
      .file_name = "a.pdf",
      .settings = "{}",
      .threads = threads.executor()};
  bool taken = false;
  asio::co_spawn(io, client.create(document),
                 [&](const std::exception_ptr& error, const taskapi::Answer<taskapi::Task>& answer) {
                   taken = !error && std::holds_alternative<taskapi::Task>(answer);
                 });
  io.run();
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmHWM:" && status >> word) std::puts(word.c_str());
  return taken ? 0 : 1;
}
