#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>

namespace chunkrd::cli::process {

/// A chunkr-local of our own, on a free port of this machine, for as long as this lives. It ends with us,
/// however we end; Ctrl-C on the terminal does not reach it. Nobody else on this machine may use it: it has a
/// key that only we know.
class LocalService {
 public:
  /// Starts the chunkr-local that lies beside this program, else the one in $PATH, and waits until it
  /// listens. Its tasks and its log lie in `folder`, which is made. Throws UserError, also if a program that
  /// parsing needs is not installed, and std::system_error. It ends with the thread that makes it.
  explicit LocalService(const std::filesystem::path& folder);
  LocalService(const LocalService&) = delete;
  LocalService& operator=(const LocalService&) = delete;
  ~LocalService();

  std::string url() const;
  const std::string& key() const noexcept { return key_; }

 private:
  void wait_until_it_listens(const std::filesystem::path& port_file, const std::filesystem::path& log);
  void stop() noexcept;

  pid_t pid_ = -1;
  std::string port_;
  std::string key_;
};

}  // namespace chunkrd::cli::process
