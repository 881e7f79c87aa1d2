#include "core/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/cut.h"
#include "core/fd.h"

extern char** environ;

namespace chunkrd {
namespace {

using Clock = std::chrono::steady_clock;

// How often it is seen whether the program ends.
constexpr long kLookEvery_ms = 250;

constexpr std::size_t kErrorBytes = std::size_t{64} << 10;

struct Pipe {
  FileDescriptor reader;
  FileDescriptor writer;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

/// The three standard descriptors of a child.
class FileActions {
 public:
  FileActions(int output, int errors) {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

/// A started process; killed and reaped if it is still there at the end of its scope.
class Process {
 public:
  Process(const std::vector<std::string>& command, const FileActions& actions) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const int error = ::posix_spawnp(&pid_, arguments[0], actions.get(), nullptr, arguments.data(), environ);
    if (error != 0)
      throw std::system_error(error, std::generic_category(), "cannot start " + command.front());
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pid_ <= 0) return;
    kill();
    wait();
  }

  /// Fails only if the process is gone already, or may use less than that.
  void limit(decltype(RLIMIT_AS) resource, std::uint64_t most) noexcept {
    const rlimit both{.rlim_cur = most, .rlim_max = most};
    ::prlimit(pid_, resource, &both, nullptr);
  }

  void kill() noexcept { ::kill(pid_, SIGKILL); }

  int wait() noexcept {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
};

/// Takes what is there; false at the end of the stream.
bool read_some(int fd, std::string& into, std::size_t limit) {
  std::array<char, 65536> buffer;  // NOLINT: filled by read
  const ssize_t got = ::read(fd, buffer.data(), buffer.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  const auto room = limit - std::min(limit, into.size());
  into.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
  return got > 0;
}

/// Reads both streams to their ends, or until a limit is met.
ChildResult::End listen(FileDescriptor output, FileDescriptor errors, const ChildLimits& limits,
                        ChildResult& result) {
  const auto deadline = Clock::now() + limits.time;
  std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return ChildResult::End::timed_out;
    look_whether_cut();
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(std::min<long>(left, kLookEvery_ms))) < 0)
      continue;
    // One byte over the limit is how an output of just the limit is told from a longer one.
    if (waiting[0].revents != 0 && !read_some(waiting[0].fd, result.output, limits.output_bytes + 1))
      waiting[0].fd = -1;
    if (result.output.size() > limits.output_bytes) return ChildResult::End::too_long;
    if (waiting[1].revents != 0 && !read_some(waiting[1].fd, result.errors, kErrorBytes)) waiting[1].fd = -1;
  }
  return ChildResult::End::exited;
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& command, const ChildLimits& limits) {
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  const FileActions actions(output.writer.get(), errors.writer.get());
  Process process(command, actions);
  if (limits.memory_bytes > 0) process.limit(RLIMIT_AS, limits.memory_bytes);
  if (limits.cpu.count() > 0) process.limit(RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu.count()));
  output.writer = FileDescriptor();
  errors.writer = FileDescriptor();

  ChildResult result;
  result.end = listen(std::move(output.reader), std::move(errors.reader), limits, result);
  if (result.end != ChildResult::End::exited) process.kill();
  const int status = process.wait();
  if (result.end == ChildResult::End::exited && WIFSIGNALED(status)) result.end = ChildResult::End::signalled;
  result.exit_code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace chunkrd
