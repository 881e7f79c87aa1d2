#include "tests/system/harness/command.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pty.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include "core/fd.h"

namespace chunkrd::tests {
namespace {

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

struct Pipe {
  FileDescriptor read, write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// In the child.
[[noreturn]] void become(std::vector<std::string>& command, const RunOptions& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::unsetenv("NO_COLOR");
  ::unsetenv("COLUMNS");
  ::setenv("TERM", "xterm", 1);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  if (!options.output_file.empty())
    ::dup2(::open(options.output_file.c_str(), O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
  // Opened while it can be reached: another user may not get to where it lies (/root).
  const int program = options.user ? ::open(command[0].c_str(), O_RDONLY | O_CLOEXEC) : -1;
  if (options.user &&
      (::setgroups(0, nullptr) != 0 || ::setgid(*options.user) != 0 || ::setuid(*options.user) != 0))
    ::_exit(126);
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  if (program >= 0) ::fexecve(program, arguments.data(), environ);
  ::execvp(arguments[0], arguments.data());
  ::_exit(127);
}

// Reads both to their ends; a terminal ends with EIO.
void read_all(int out, int err, Ran& ran) {
  std::array<pollfd, 2> ends{{{out, POLLIN, 0}, {err, POLLIN, 0}}};
  std::array<std::string*, 2> texts{&ran.out, &ran.err};
  std::array<char, 65536> buffer{};
  while (ends[0].fd >= 0 || ends[1].fd >= 0) {
    ::poll(ends.data(), ends.size(), -1);
    for (std::size_t i = 0; i < ends.size(); ++i) {
      if (ends[i].fd < 0 || ends[i].revents == 0) continue;
      const ssize_t got = ::read(ends[i].fd, buffer.data(), buffer.size());
      if (got > 0)
        texts[i]->append(buffer.data(), static_cast<std::size_t>(got));
      else
        ends[i].fd = -1;
    }
  }
}

void wait_for(pid_t pid, Ran& ran) {
  int status = 0;
  rusage usage{};
  if (::wait4(pid, &status, 0, &usage) != pid) fail("wait4");
  if (WIFEXITED(status)) ran.exit_code = WEXITSTATUS(status);
  ran.peak_kib = usage.ru_maxrss;
}

}  // namespace

Ran run(std::vector<std::string> command, const RunOptions& options) {
  Ran ran;
  if (options.terminal_columns) {
    winsize size{};
    size.ws_row = 24;
    size.ws_col = static_cast<unsigned short>(*options.terminal_columns);
    int terminal = -1;
    const pid_t pid = ::forkpty(&terminal, nullptr, nullptr, &size);
    if (pid < 0) fail("forkpty");
    if (pid == 0) become(command, options);
    const FileDescriptor owned(terminal);
    read_all(terminal, -1, ran);
    wait_for(pid, ran);
    return ran;
  }
  Pipe out = make_pipe(), err = make_pipe();
  const pid_t pid = ::fork();
  if (pid < 0) fail("fork");
  if (pid == 0) {
    ::dup2(out.write.get(), STDOUT_FILENO);
    ::dup2(err.write.get(), STDERR_FILENO);
    become(command, options);
  }
  out.write = {};
  err.write = {};
  read_all(out.read.get(), err.read.get(), ran);
  wait_for(pid, ran);
  return ran;
}

}  // namespace chunkrd::tests
