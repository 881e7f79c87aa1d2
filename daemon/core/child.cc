#include "core/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

#include "core/cut.h"
#include "core/fd.h"

extern char** environ;

namespace chunkrd {
namespace {

using Clock = std::chrono::steady_clock;

// How often it is seen whether the program ends.
constexpr long kLookEvery_ms = 250;
// Whether one that has closed its streams has ended, too: it is about to.
constexpr long kLookOften_ms = 5;

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

// A file in memory that holds `text`, to be read from its beginning: unlike a pipe it needs nobody to fill it
// while the child runs, or does not read.
FileDescriptor file_with(const std::string& text) {
  FileDescriptor file(::memfd_create("input", MFD_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category(), "memfd_create");
  std::string_view left = text;
  while (!left.empty()) {
    const ssize_t written = ::write(file.get(), left.data(), left.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw std::system_error(errno, std::generic_category(), "writing a child's input");
    left.remove_prefix(static_cast<std::size_t>(written));
  }
  ::lseek(file.get(), 0, SEEK_SET);
  return file;
}

using Group = ChildSurroundings::Group;

/// The descriptors of a child: three, and none of ours.
class FileActions {
 public:
  FileActions(int output, int errors, const ChildSurroundings& surroundings) {
    ::posix_spawn_file_actions_init(&actions_);
    if (surroundings.input.empty()) {
      ::posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    } else {
      input_ = file_with(surroundings.input);
      ::posix_spawn_file_actions_adddup2(&actions_, input_.get(), STDIN_FILENO);
    }
    ::posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions_, errors, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    if (surroundings.group == Group::own) ::posix_spawn_file_actions_addchdir_np(&actions_, "/");
  }
  FileActions(const FileActions&) = delete;
  FileActions& operator=(const FileActions&) = delete;
  ~FileActions() { ::posix_spawn_file_actions_destroy(&actions_); }
  const posix_spawn_file_actions_t* get() const noexcept { return &actions_; }

 private:
  FileDescriptor input_;
  posix_spawn_file_actions_t actions_{};
};

/// The daemon ignores SIGPIPE, and blocks others: a child shall not.
class Attributes {
 public:
  explicit Attributes(Group group) {
    ::posix_spawnattr_init(&attributes_);
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    sigset_t all, none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigdefault(&attributes_, &all);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    if (group == Group::own) {
      flags |= POSIX_SPAWN_SETPGROUP;
      ::posix_spawnattr_setpgroup(&attributes_, 0);
    }
    ::posix_spawnattr_setflags(&attributes_, flags);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
  const posix_spawnattr_t* get() const noexcept { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

/// A started process; killed and reaped if it is still there at the end of its scope.
class Process {
 public:
  Process(const std::vector<std::string>& command, const FileActions& actions,
          const ChildSurroundings& surroundings)
      : group_(surroundings.group) {
    std::vector<char*> arguments = pointers_to(command);
    std::vector<char*> environment;
    if (surroundings.environment) environment = pointers_to(*surroundings.environment);
    const Attributes attributes(group_);
    const int error = ::posix_spawnp(&pid_, arguments[0], actions.get(), attributes.get(), arguments.data(),
                                     surroundings.environment ? environment.data() : environ);
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

  void kill(int signal = SIGKILL) noexcept { ::kill(group_ == Group::own ? -pid_ : pid_, signal); }

  /// It has ended, and was not waited for yet: its id still is its own.
  bool has_ended() const noexcept {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 &&
           info.si_pid == pid_;
  }

  int wait() noexcept {
    int status = 0;
    if (group_ == Group::own) {
      siginfo_t info{};
      while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
      }
      kill();  // what it has left behind
    }
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    pid_ = -1;
    return status;
  }

 private:
  pid_t pid_ = -1;
  Group group_;
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

// What of a child in a group of its own that has ended may still come out of its pipes: whoever left the
// group with them holds them for ever.
constexpr std::chrono::milliseconds kLastWords{100};
// From SIGTERM to SIGKILL.
constexpr std::chrono::seconds kTimeToClearUp{1};

/// Reads both streams to their ends, or until a limit is met.
ChildResult::End listen(FileDescriptor output, FileDescriptor errors, const ChildLimits& limits,
                        Process& process, Group group, ChildResult& result) {
  auto deadline = Clock::now() + limits.time;
  bool ended = false;
  std::array<pollfd, 2> waiting{pollfd{output.get(), POLLIN, 0}, pollfd{errors.get(), POLLIN, 0}};
  while (true) {
    // A child may close its streams and go on.
    const bool silent = waiting[0].fd < 0 && waiting[1].fd < 0;
    if (silent && process.has_ended()) return ChildResult::End::exited;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return ended ? ChildResult::End::exited : ChildResult::End::timed_out;
    look_whether_cut();
    if (group == Group::own && !ended && process.has_ended()) {
      ended = true;
      process.kill();
      deadline = std::min(deadline, Clock::now() + kLastWords);
    }
    if (::poll(waiting.data(), waiting.size(),
               static_cast<int>(std::min<long>(left, silent ? kLookOften_ms : kLookEvery_ms))) < 0)
      continue;
    // One byte over the limit is how an output of just the limit is told from a longer one.
    if (waiting[0].revents != 0 && !read_some(waiting[0].fd, result.output, limits.output_bytes + 1))
      waiting[0].fd = -1;
    if (result.output.size() > limits.output_bytes) {
      if (limits.too_long == ChildLimits::TooLong::kill) return ChildResult::End::too_long;
      result.output.resize(limits.output_bytes);
    }
    if (waiting[1].revents != 0 && !read_some(waiting[1].fd, result.errors, kErrorBytes)) waiting[1].fd = -1;
  }
}

void kill_in_time(Process& process, Group group) {
  if (group == Group::ours) return process.kill();
  process.kill(SIGTERM);
  const auto deadline = Clock::now() + kTimeToClearUp;
  while (!process.has_ended() && Clock::now() < deadline)
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  process.kill();
}

}  // namespace

ChildResult run_child(const std::vector<std::string>& command, const ChildLimits& limits,
                      const ChildSurroundings& surroundings) {
  Pipe output = make_pipe();
  Pipe errors = make_pipe();
  const FileActions actions(output.writer.get(), errors.writer.get(), surroundings);
  Process process(command, actions, surroundings);
  if (limits.memory_bytes > 0) process.limit(RLIMIT_AS, limits.memory_bytes);
  if (limits.cpu.count() > 0) process.limit(RLIMIT_CPU, static_cast<std::uint64_t>(limits.cpu.count()));
  output.writer = FileDescriptor();
  errors.writer = FileDescriptor();

  ChildResult result;
  result.end =
      listen(std::move(output.reader), std::move(errors.reader), limits, process, surroundings.group, result);
  if (result.end != ChildResult::End::exited) kill_in_time(process, surroundings.group);
  const int status = process.wait();
  if (result.end == ChildResult::End::exited && WIFSIGNALED(status)) result.end = ChildResult::End::signalled;
  result.exit_code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace chunkrd
