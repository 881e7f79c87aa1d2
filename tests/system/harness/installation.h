#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/process.h"

namespace chunkrd::tests {

/// What `GET path` on 127.0.0.1 answers. Throws when nobody answers.
struct HttpAnswer {
  int status = 0;
  std::string body;
};
HttpAnswer http_get(int port, const std::string& path);

std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view bytes);

/// Names of everything below `folder` but ".chunkrd", relative, sorted; folders end with '/'.
std::vector<std::string> files_below(const std::filesystem::path& folder);

/// A real chunkrd and a real chunkr-local on folders of their own.
///
///   Installation home;
///   home.start_service();               // or with rules: home.start_service("- do: {parse: {instead:
///   text}}\n"); home.start_daemon(); home.drop("report.md", "# Hello"); ASSERT_TRUE(home.wait_for_ends(1));
class Installation {
 public:
  Installation();

  std::filesystem::path inbox, outbox, failed, archive, state;

  /// Lines that take the place of the configuration's defaults for tests: set before start_daemon().
  std::string inbox_options = "settle: 50ms";  ///< members of the inbox's map
  std::string profile_options = "parse: {ocr_strategy: Auto}";
  std::string api_options = "reconcile_grace: 1s";
  std::string limits = "submits_per_second: 1000";
  std::string log_level = "info";
  std::string more_inboxes;  ///< further entries of the list: "  - {...}\n"
  std::string top_level;     ///< further lines

  void start_service(const std::string& rules = "", const std::vector<std::string>& arguments = {});
  /// Instead: a service of the test's own on this port of 127.0.0.1.
  void use_service(int port) { service_port_ = port; }
  void stop_service();
  /// kill -9, and a new one on the same port and state.
  void restart_service();
  int service_port() const { return service_port_; }
  /// The parsed text of /_chunkr-local/statistics (needs rules or "--statistics").
  std::string statistics() const;
  /// How many tasks were created and how many succeeded, by the submitted file name without its tag.
  struct Tasks {
    int created = 0, succeeded = 0;
  };
  std::map<std::string, Tasks> tasks_by_document() const;

  void write_config() const;
  std::filesystem::path config_file() const { return folder_ / "chunkrd.yaml"; }
  void start_daemon(const Process::Options& options = Process::Options());
  /// Runs `chunkrd run` to its end and returns how it ended and what it printed.
  std::pair<Ended, std::string> run_daemon_to_end();
  Process& daemon() { return *daemon_; }
  /// Runs `chunkrd ARGUMENTS --config FILE` to its end.
  Ran command(std::vector<std::string> arguments, const RunOptions& options = RunOptions()) const;
  /// SIGTERM, and waits. The exit code.
  std::optional<Ended> stop_daemon(std::chrono::milliseconds limit = std::chrono::seconds(30));
  std::string daemon_log() const;
  std::string metrics() const;
  int metrics_port() const { return metrics_port_; }
  /// The value of one series, written as in the exposition: `chunkrd_documents_total{outcome="delivered"}`.
  double metric(const std::string& series) const;
  HttpAnswer get_from_daemon(const std::string& path) const { return http_get(metrics_port_, path); }

  /// Appears in the inbox by a rename, as a good program does it.
  void drop(const std::string& name, std::string_view bytes) const;

  /// Waits until so many documents have come to an end of any kind (by the log).
  bool wait_for_ends(int documents, std::chrono::milliseconds limit = std::chrono::seconds(120));
  bool wait_for_log(const std::string& text,
                    std::chrono::milliseconds limit = std::chrono::seconds(60)) const;

  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
  std::string rules_;
  std::vector<std::string> service_arguments_;
  int service_port_ = 0, metrics_port_ = 0;
  std::optional<Process> service_, daemon_;
};

}  // namespace chunkrd::tests
