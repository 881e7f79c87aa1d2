#include "local/server/parser_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/fd.h"
#include "local/server/group_guard.h"

extern char** environ;

namespace chunkrd::local::server {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

/// How often the size of the output folder is looked at.
constexpr std::chrono::milliseconds kSizeCheckEvery{500};
/// More text than this in one line, or in all lines together, is not progress.
constexpr std::size_t kLineBytesMax = 1000;
constexpr std::size_t kPrintedBytesMax = std::size_t{1} << 20;
/// See local/parser/failure.h.
constexpr int kExitRefused = 2;
constexpr int kExitNotInstalled = 69;
constexpr int kExitShortage = 71;

void check(int error, const std::filesystem::path& what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what.string());
}

/// What posix_spawn needs beside the program: standard streams, signals as they are by default, the group.
class SpawnPlan {
 public:
  SpawnPlan(pid_t group, int stdout_fd, const std::filesystem::path& log) {
    check(posix_spawn_file_actions_init(&actions_), "posix_spawn");
    check(posix_spawnattr_init(&attributes_), "posix_spawn");
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, stdout_fd, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND,
                                     0600);
    sigset_t none, usual;
    sigemptyset(&none);
    sigemptyset(&usual);
    for (const int signal : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) sigaddset(&usual, signal);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &usual);
    posix_spawnattr_setpgroup(&attributes_, group);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }

  pid_t run(const std::filesystem::path& program, const std::filesystem::path& order) const {
    std::array<std::string, 3> words = {program.string(), "parse", order.string()};
    std::array<char*, 4> arguments = {words[0].data(), words[1].data(), words[2].data(), nullptr};
    pid_t pid = -1;
    check(posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(), environ), program);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

void limit(pid_t pid, decltype(RLIMIT_CPU) resource, std::uint64_t value) {
  const rlimit both{.rlim_cur = value, .rlim_max = value};
  // Fails only if the process is gone already, which the wait for it will tell.
  prlimit(pid, resource, &both, nullptr);
}

/// A process in a group: killed, with all that is in there, and reaped at the latest when this object ends.
class Member {
 public:
  Member(GroupGuard& guard, pid_t pid)
      : guard_(guard), pid_(pid), ended_(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))) {
    if (ended_) return;
    const int error = errno;
    reap();
    throw std::system_error(error, std::generic_category(), "pidfd_open");
  }
  Member(const Member&) = delete;
  Member& operator=(const Member&) = delete;
  ~Member() { reap(); }

  int fd() const { return ended_.get(); }

  /// Kills what is left of the group and answers with waitpid's status of the process itself.
  int reap() {
    if (pid_ < 0) return status_;
    guard_.kill();
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status_;
  }

 private:
  GroupGuard& guard_;
  pid_t pid_;
  FileDescriptor ended_;
  int status_ = 0;
};

/// Cuts what the parser prints into lines.
class Lines {
 public:
  explicit Lines(const std::function<void(const std::string&)>& on_line) : on_line_(on_line) {}

  /// Reads what is there. False at the end of the pipe.
  bool read(int fd) {
    std::array<char, 4096> block;
    const ssize_t n = ::read(fd, block.data(), block.size());
    if (n < 0) return errno == EINTR || errno == EAGAIN;
    total_bytes_ += static_cast<std::size_t>(n);
    for (ssize_t i = 0; i < n; ++i) add(block[static_cast<std::size_t>(i)]);
    if (!last_.empty()) on_line_(std::exchange(last_, {}));
    return n > 0;
  }

  bool is_too_much() const { return total_bytes_ > kPrintedBytesMax; }

 private:
  void add(char c) {
    if (c != '\n') {
      if (line_.size() < kLineBytesMax) line_ += c;
      return;
    }
    if (!line_.empty()) last_ = std::exchange(line_, {});
  }

  const std::function<void(const std::string&)>& on_line_;
  std::string line_;
  std::string last_;  // of those that came together only the last one is worth telling
  std::size_t total_bytes_ = 0;
};

std::uint64_t bytes_in(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code ec;
  for (std::filesystem::recursive_directory_iterator entry(folder, ec), end; !ec && entry != end;
       entry.increment(ec)) {
    std::error_code gone;
    if (entry->is_regular_file(gone)) {
      const auto size = entry->file_size(gone);
      if (!gone) bytes += size;
    }
  }
  return bytes;
}

ParserEnd end_of(int status) {
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return ParserEnd::succeeded;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitRefused) return ParserEnd::refused;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitNotInstalled) return ParserEnd::not_installed;
  if (WIFEXITED(status) && WEXITSTATUS(status) == kExitShortage) return ParserEnd::shortage;
  // The kernel's answer to RLIMIT_CPU.
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return ParserEnd::timed_out;
  return ParserEnd::crashed;
}

/// Waits for the end, or for a reason to end it.
ParserEnd watch(Member& parser, FileDescriptor output, const std::filesystem::path& folder,
                const ParserLimits& limits, int stop_fd,
                const std::function<void(const std::string&)>& on_line) {
  const SteadyTime deadline = std::chrono::steady_clock::now() + limits.time;
  SteadyTime next_size_check = std::chrono::steady_clock::now() + kSizeCheckEvery;
  Lines lines(on_line);
  while (true) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline) return ParserEnd::timed_out;
    if (now >= next_size_check) {
      if (bytes_in(folder) > limits.output_bytes) return ParserEnd::crashed;
      next_size_check = now + kSizeCheckEvery;
    }
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::min(deadline, next_size_check) - now);
    std::array<pollfd, 3> events = {
        {{parser.fd(), POLLIN, 0}, {output.get(), POLLIN, 0}, {stop_fd, POLLIN, 0}}};
    if (::poll(events.data(), events.size(), static_cast<int>(wait.count())) < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "poll");
    }
    if (events[2].revents != 0) return ParserEnd::interrupted;
    if (events[1].revents != 0) {
      if (!lines.read(output.get())) output = FileDescriptor();
      if (lines.is_too_much()) return ParserEnd::crashed;
    } else if (events[0].revents != 0) {
      const ParserEnd end = end_of(parser.reap());
      return bytes_in(folder) > limits.output_bytes ? ParserEnd::crashed : end;
    }
  }
}

}  // namespace

ParserEnd run_parser(const std::filesystem::path& parser, const std::filesystem::path& order,
                     const std::filesystem::path& folder, const ParserLimits& limits, int stop_fd,
                     const std::function<void(const std::string&)>& on_line) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  FileDescriptor output(ends[0]);
  FileDescriptor input(ends[1]);
  GroupGuard guard;
  const SpawnPlan plan(guard.group(), input.get(), folder / "parser.log");
  const pid_t pid = plan.run(parser, order);
  input = FileDescriptor();
  Member process(guard, pid);
  limit(pid, RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu.count()));
  if (limits.memory_bytes > 0) limit(pid, RLIMIT_AS, limits.memory_bytes);
  limit(pid, RLIMIT_FSIZE, limits.output_bytes);
  limit(pid, RLIMIT_CORE, 0);
  return watch(process, std::move(output), folder, limits, stop_fd, on_line);
}

}  // namespace chunkrd::local::server
