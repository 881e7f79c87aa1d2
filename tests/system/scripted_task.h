#pragma once

#include <atomic>
#include <string>

#include "tests/support/http_server.h"

namespace chunkrd::tests {

/// A Task API whose only task has succeeded, with the answer that a test wants, byte for byte. Files are
/// below /files/.
class ScriptedTask {
 public:
  ScriptedTask();

  int port() const { return server_.port(); }
  std::string file_url(const std::string& name) const {
    return server_.url() + "/files/" + name + "?X-Amz-Signature=s3cret";
  }
  std::vector<test::Received> requests() const { return server_.requests(); }

  /// What a read with chunks gives; set both before the daemon starts.
  std::string result;
  /// What GET of a file gives. On the server's thread.
  std::function<test::Reply(const test::Received&)> file = [](const test::Received& head) {
    return test::Reply::text(
        200, head.target.find(".pdf") != std::string::npos ? "%PDF-1.4 a file" : "\xFF\xD8\xFF a file");
  };

  static std::string segment(int page, const std::string& type, const std::string& members);

 private:
  test::Reply answer(const test::Received& head) const;

  test::HttpServer server_;
};

}  // namespace chunkrd::tests
