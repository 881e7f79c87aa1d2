#include "cli/process/local_service.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <system_error>
#include <thread>
#include <vector>

#include "core/errors.h"
#include "core/escape.h"
#include "core/ids.h"
#include "local/needs.h"

extern char** environ;

namespace chunkrd::cli::process {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr const char* kProgram = "chunkr-local";
// It opens a database and a port; a busy machine is slow at that, too.
constexpr auto kPatience = 60s;

std::string program() {
  std::error_code none;
  const fs::path beside = fs::read_symlink("/proc/self/exe", none).parent_path() / kProgram;
  return ::access(beside.c_str(), X_OK) == 0 ? beside.native() : kProgram;
}

void refuse_without_needs() {
  std::string missing, packages;
  for (const local::Need& need : local::missing_needs()) {
    missing += (missing.empty() ? "" : "; ") + local::describe(need);
    if (!packages.contains(need.package)) packages += " " + std::string(need.package);
  }
  if (missing.empty()) return;
  throw UserError(ExitCode::unavailable, fmt::format("--local: {}: apt-get install{}", missing, packages));
}

std::string random_key() {
  SystemRandom random;
  return fmt::format("{:016x}{:016x}", random.next(), random.next());
}

std::vector<char*> environment_with(std::string& variable) {
  const std::string_view name(variable.data(), variable.find('=') + 1);
  std::vector<char*> variables;
  for (char** other = environ; *other != nullptr; ++other)
    if (!std::string_view(*other).starts_with(name)) variables.push_back(*other);
  variables.push_back(variable.data());
  variables.push_back(nullptr);
  return variables;
}

pid_t start(std::vector<std::string> command, const std::string& key, const fs::path& log) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::vector<char*> arguments;
  for (std::string& argument : command) arguments.push_back(argument.data());
  arguments.push_back(nullptr);
  std::string variable = "CHUNKR_LOCAL_KEY=" + key;
  const std::vector<char*> environment = environment_with(variable);
  pid_t pid = -1;
  const int error =
      ::posix_spawnp(&pid, arguments[0], &files, &attributes, arguments.data(), environment.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  if (error == ENOENT)
    throw UserError(
        ExitCode::unavailable,
        "--local: the program chunkr-local is neither beside chunkrd nor in $PATH; install or build it");
  if (error != 0) throw std::system_error(error, std::generic_category(), "start chunkr-local");
  return pid;
}

std::string last_line(const fs::path& file) {
  std::ifstream in(file);
  std::string last;
  for (std::string line; std::getline(in, line);) last = line;
  return last;
}

}  // namespace

LocalService::LocalService(const fs::path& folder) : key_(random_key()) {
  refuse_without_needs();
  fs::create_directories(folder);
  fs::permissions(folder, fs::perms::owner_all);
  const fs::path port_file = folder / "port", log = folder / "chunkr-local.log";
  fs::remove(port_file);
  pid_ = start({program(), "--listen", "127.0.0.1:0", "--state", folder / "tasks", "--port-file", port_file,
                fmt::format("--end-with-parent={}", ::getpid())},
               key_, log);
  try {
    wait_until_it_listens(port_file, log);
  } catch (...) {
    stop();
    throw;
  }
}

void LocalService::wait_until_it_listens(const fs::path& port_file, const fs::path& log) {
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    if (std::ifstream file(port_file); std::getline(file, port_) && !file.eof()) return;
    int status = 0;
    if (::waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      break;
    }
    std::this_thread::sleep_for(10ms);
  }
  throw UserError(ExitCode::unavailable,
                  fmt::format("--local: chunkr-local did not start; its log {} ends: {}",
                              printable(log.native()), harmless(last_line(log))));
}

LocalService::~LocalService() {
  stop();
}

void LocalService::stop() noexcept {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string LocalService::url() const {
  return "http://127.0.0.1:" + port_;
}

}  // namespace chunkrd::cli::process
