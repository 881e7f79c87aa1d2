#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::tests {

/// How a process ended.
struct Ended {
  int exit_code = -1;  ///< -1 when a signal ended it
  int signal = 0;
};

/// A program that a test has started. Its standard output and error go to a file. Killed when this goes.
class Process {
 public:
  struct Options {
    std::map<std::string, std::string> environment{};  ///< added to the test's own
    std::optional<unsigned> user{};                    ///< run as this user and group id (needs root)
  };

  /// Throws std::system_error. `output` is appended to.
  Process(std::vector<std::string> command, const std::filesystem::path& output, Options options);
  Process(std::vector<std::string> command, const std::filesystem::path& output)
      : Process(std::move(command), output, Options()) {}
  Process(Process&& other) noexcept;
  Process& operator=(Process&& other) noexcept;
  ~Process();

  pid_t pid() const noexcept { return pid_; }
  void signal(int number) const;

  /// Waits for the end; nothing when it has not ended within `limit`.
  std::optional<Ended> wait(std::chrono::milliseconds limit);
  bool running();

  /// VmHWM: the most memory it has had, in KiB. 0 when it is gone.
  long peak_memory_kib() const;
  long memory_kib() const;

 private:
  long status_kib(const char* field) const;

  pid_t pid_ = -1;
  std::optional<Ended> ended_;
};

/// Asks `condition` every few milliseconds until it is true; false when it was not within `limit`.
template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit = std::chrono::seconds(60));

/// One short rest between two looks at something that cannot be waited for.
void rest();

template <class Condition>
bool eventually(Condition condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    rest();
  }
  return true;
}

}  // namespace chunkrd::tests
