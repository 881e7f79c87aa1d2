#pragma once

#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "local/server/server.h"
#include "tests/unit/local/server/client.h"

namespace chunkrd::local::server::test {

/// Nothing that a test waits for takes longer, also under a sanitizer on a busy machine.
inline constexpr std::chrono::seconds kPatience{60};

/// Waits for something that becomes true by itself.
bool becomes_true(const std::function<bool()>& question);

std::string base64_of(std::string_view bytes);

/// A server in this process, on a free port, with a state folder of its own.
class ServerTest : public testing::Test {
 protected:
  ServerTest();
  ~ServerTest() override;

  /// Starts the server, or starts it again on the same state.
  void start();
  void stop() { server_.reset(); }
  /// Takes a rules file's text for the next start.
  void rules(std::string_view yaml);
  /// Takes a shell script as the parser; `$out` in it is the output folder, `$order` the order.
  void parser(std::string_view script);

  std::uint16_t port() const { return server_->port(); }
  Client client() const { return Client(port()); }
  Reply get(std::string_view target) const { return client().get(target); }

  Reply post(std::string_view body, const Headers& headers = {}) const;
  /// Creates a text document's task with more settings as JSON members, `"high_resolution": true`; its id.
  std::string create(std::string_view file_name, std::string_view settings = {}) const;
  Reply patch(const std::string& id, std::string_view body) const;
  Reply read(const std::string& id, std::string_view query = {}) const;
  std::string status_of(const std::string& id) const;
  std::string message_of(const std::string& id) const;
  /// Waits until the task has that status. False if it does not get it.
  bool reaches(const std::string& id, std::string_view status) const;

  std::filesystem::path folder_;
  Options options_;
  std::unique_ptr<Server> server_;
};

/// The value of a member of an object, for `EXPECT_EQ(text(task, "status"), "Failed")`.
std::string text(const boost::json::value& object, std::string_view member);

}  // namespace chunkrd::local::server::test
