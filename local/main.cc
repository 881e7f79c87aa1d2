#include <signal.h>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/durable.h"
#include "core/errors.h"
#include "core/logging.h"
#include "core/signals.h"
#include "core/standard_streams.h"
#include "local/input_type.h"
#include "local/needs.h"
#include "local/parser/parse_command.h"
#include "local/server/options.h"
#include "local/server/server.h"

namespace {

using chunkrd::ExitCode;
using chunkrd::UserError;

constexpr const char* kExitCodes =
    "Exit codes: 0 stopped by SIGTERM or SIGINT, 2 (parse) the document cannot be parsed, 64 wrong command\n"
    "line, 66 a named file cannot be read, 69 address in use, 70 a mistake of ours, 74 the state cannot be\n"
    "read or written, 75 another chunkr-local uses the state, 78 wrong rules file.";

/// What the command line says, before it is checked.
struct Arguments {
  chunkrd::local::server::Options options;
  std::string dialect = "1.x";
  std::string listen = "127.0.0.1:8000";
  std::string key_file;
  std::string rules;
  std::string fetch;
  std::string port_file;
  std::string log_level = "info";
  pid_t parent = 0;
  bool has_own_parser = false;
  unsigned task_timeout_s = 600;
  unsigned purge_every_s = 600;
  std::uint64_t parser_memory_mib = 2048;
  std::uint64_t parser_output_mib = 1024;
  std::string order;
};

void add_serve_options(CLI::App& app, Arguments& arguments) {
  auto& options = arguments.options;
  options.state = "chunkr-local-state";
  app.add_option("--listen", arguments.listen, "Address and port; port 0 takes any free one")
      ->capture_default_str();
  app.add_option("--state", options.state, "Folder for tasks and documents")->capture_default_str();
  app.add_option("--workers", options.workers, "Documents parsed at the same time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option(
      "--key-file", arguments.key_file,
      "File whose first line is the API key that clients must send; else it is in "
      "$CHUNKR_LOCAL_KEY, or the systemd credential \"api-key\". Without a key nobody is asked for one");
  app.add_option("--key", options.key,
                 "The key itself: others on this machine may see it in the list of processes for a moment");
  app.add_option("--dialect", arguments.dialect,
                 "Answer as servers of these releases do: 1.x (the contract), 2.x (see local/README.md)")
      ->check(CLI::IsMember({"1.x", "2.x"}))
      ->capture_default_str();
  app.add_option("--rules", arguments.rules, "Planned misbehaviour for tests, see local/README.md");
  app.add_flag("--statistics", options.serves_statistics,
               "Serve /_chunkr-local/statistics without rules too");
  app.add_option("--port-file", arguments.port_file, "Write the port here once it listens");
  app.add_option("--max-body", options.body_bytes_max, "Largest request body in bytes")
      ->capture_default_str();
  app.add_option("--task-timeout", arguments.task_timeout_s, "Seconds until a task is `Task timed out`")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--expires-in", options.expires_in_default,
                 "Seconds tasks are kept whose request does not say so; 0: for ever")
      ->capture_default_str();
  app.add_option("--purge-every", arguments.purge_every_s, "Seconds between two removals of expired tasks")
      ->check(CLI::Range(1, 86400))
      ->capture_default_str();
  app.add_option("--model", options.models, "A language model id that requests may name (none is run)")
      ->capture_default_str();
  app.add_option("--public-url", options.public_url,
                 "How clients reach this server, for URLs in answers; else the request's Host");
  app.add_option("--host", options.hosts, "A name by which clients may call this server, besides its own");
  app.add_option("--fetch", arguments.fetch,
                 "Where documents' URLs may lead: any, others (not to this machine), none; without it any "
                 "if only this machine can ask, else others")
      ->check(CLI::IsMember({"any", "others", "none"}));
  app.add_option("--connections", options.connections_max, "Connections at the same time")
      ->check(CLI::Range(8, 100000))
      ->capture_default_str();
  app.add_option("--parser", options.parser, "Program run as `PROGRAM parse ORDER.json`")
      ->capture_default_str();
  app.add_option("--parser-memory-mib", arguments.parser_memory_mib, "Address space of a parser; 0: no limit")
      ->capture_default_str();
  app.add_option("--parser-output-mib", arguments.parser_output_mib, "Most that a parser may write")
      ->capture_default_str();
  app.add_flag("--end-with-parent", arguments.parent,
               "End when the process that started this one ends; with =PID also if that is over already");
  app.add_option("--log-level", arguments.log_level, "trace, debug, info, warning or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error"}))
      ->capture_default_str();
}

void set_listen(Arguments& arguments) {
  const std::string& listen = arguments.listen;
  const auto colon = listen.rfind(':');
  const std::string digits = colon == std::string::npos ? "" : listen.substr(colon + 1);
  const bool is_number = !digits.empty() && digits.size() <= 5 &&
                         digits.find_first_not_of("0123456789") == std::string::npos &&
                         std::stoul(digits) <= 65535;
  if (!is_number)
    throw UserError(ExitCode::usage, "--listen " + listen + ": use ADDRESS:PORT, as 127.0.0.1:8000");
  arguments.options.port = static_cast<std::uint16_t>(std::stoul(digits));
  arguments.options.address = listen.substr(0, colon);
  auto& address = arguments.options.address;
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
}

std::string read_key(const std::string& file) {
  std::ifstream in(file);
  std::string key;
  if (!std::getline(in, key) || key.empty()) {
    throw UserError(ExitCode::no_input, "the key's file " + file + ": holds no key in its first line");
  }
  return key;
}

/// From where it is said to be; empty if nothing says so. What this program starts does not inherit it.
std::string find_key(const Arguments& arguments) {
  const char* const in_environment = std::getenv("CHUNKR_LOCAL_KEY");
  const std::string from_environment = in_environment != nullptr ? in_environment : "";
  unsetenv("CHUNKR_LOCAL_KEY");
  if (!arguments.options.key.empty()) return arguments.options.key;
  if (!arguments.key_file.empty()) return read_key(arguments.key_file);
  if (in_environment != nullptr) {
    if (from_environment.empty()) throw UserError(ExitCode::usage, "$CHUNKR_LOCAL_KEY is empty");
    return from_environment;
  }
  if (const char* const credentials = std::getenv("CREDENTIALS_DIRECTORY")) {
    const auto file = std::filesystem::path(credentials) / "api-key";
    std::error_code none;
    if (std::filesystem::exists(file, none)) return read_key(file);
  }
  return {};
}

/// The list of processes shows the command line as it stands in our memory.
void hide_key(std::span<char*> words) {
  constexpr std::string_view kOption = "--key";
  bool is_next = false;
  for (char* const word : words) {
    const std::string_view text(word);
    const bool is_joined = text.starts_with(kOption) && text.substr(kOption.size()).starts_with('=');
    if (is_next) std::memset(word, 'x', text.size());
    if (is_joined) std::memset(word + kOption.size() + 1, 'x', text.size() - kOption.size() - 1);
    is_next = text == kOption;
  }
}

std::optional<chunkrd::local::server::FetchScope> fetch_scope(const std::string& name) {
  using chunkrd::local::server::FetchScope;
  if (name == "any") return FetchScope::any;
  if (name == "others") return FetchScope::others;
  if (name == "none") return FetchScope::none;
  return std::nullopt;
}

chunkrd::LogLevel log_level(const std::string& name) {
  using chunkrd::LogLevel;
  if (name == "trace") return LogLevel::trace;
  if (name == "debug") return LogLevel::debug;
  if (name == "warning") return LogLevel::warning;
  if (name == "error") return LogLevel::error;
  return LogLevel::info;
}

// A parent that was gone before we asked for its signal has left us to another process.
void end_with(pid_t parent) {
  constexpr pid_t kNotSaid = 1;
  if (parent == kNotSaid) parent = getppid();
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) raise(SIGTERM);
}

// Connections and documents need descriptors; what is only a habit of shells is no reason to turn clients
// away.
void raise_descriptor_limit() {
  constexpr rlim_t kEnough = 8192;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kEnough) return;
  limit.rlim_cur = std::min(limit.rlim_max, kEnough);
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Tells what documents will fail for.
void tell_what_is_missing() {
  for (const auto& need : chunkrd::local::missing_needs()) {
    spdlog::warn("{}: documents that need it will fail until it is (apt-get install {})",
                 chunkrd::local::describe(need), need.package);
  }
}

// All that is worth anything is on disk: whatever does not come to its end by itself is left behind.
void stop_within_bound() {
  constexpr unsigned kStopSeconds = 10;
  signal(SIGALRM, [](int) { _exit(0); });
  alarm(kStopSeconds);
}

int serve(Arguments& arguments) {
  auto& options = arguments.options;
  set_listen(arguments);
  options.key = find_key(arguments);
  if (!arguments.rules.empty()) options.rules = arguments.rules;
  options.fetch.scope = fetch_scope(arguments.fetch);
  using chunkrd::local::server::Dialect;
  options.dialect = arguments.dialect == "2.x" ? Dialect::v2 : Dialect::v1;
  options.parser_limits.time = std::chrono::seconds(arguments.task_timeout_s);
  options.parser_limits.cpu = std::chrono::seconds(arguments.task_timeout_s);
  options.parser_limits.memory_bytes = arguments.parser_memory_mib << 20;
  options.parser_limits.output_bytes = arguments.parser_output_mib << 20;
  options.purge_every = std::chrono::seconds(arguments.purge_every_s);
  options.detect = &chunkrd::local::detect_input;
  chunkrd::set_up_logging(log_level(arguments.log_level), chunkrd::LogFormat::automatic);

  chunkrd::take_up_signals();
  chunkrd::open_standard_streams();
  // Taken by sigwait below: no thread may be interrupted by them.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGINT);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);

  if (arguments.parent > 0) end_with(arguments.parent);
  umask(S_IRWXG | S_IRWXO);
  raise_descriptor_limit();
  if (!arguments.has_own_parser) tell_what_is_missing();

  const chunkrd::local::server::Server server(options);
  if (!arguments.port_file.empty()) {
    chunkrd::durable::write_file(arguments.port_file, std::to_string(server.port()) + "\n");
  }
  const std::string host = options.address.contains(':') ? "[" + options.address + "]" : options.address;
  spdlog::info("listening on http://{}:{}", host, server.port());
  int received = 0;
  sigwait(&ends, &received);
  spdlog::info("stopping");
  stop_within_bound();
  return 0;
}

int fail(ExitCode code, const char* message) {
  std::fprintf(stderr, "chunkr-local: %s\n", message);
  return static_cast<int>(code);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The Chunkr Task API v1 on this machine, with a parser of its own.", "chunkr-local");
  app.set_version_flag("--version", "chunkr-local " CHUNKRD_VERSION);
  app.footer(kExitCodes);
  Arguments arguments;
  add_serve_options(app, arguments);
  app.add_subcommand("serve", "Serve (this is what happens without a command too)")->fallthrough();
  auto* const parse = app.add_subcommand("parse", "Parse one document; the server runs this for each task");
  parse->add_option("order", arguments.order, "ORDER.json")->required();
  app.require_subcommand(0, 1);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::usage);
  }
  hide_key({argv, static_cast<std::size_t>(argc)});
  arguments.has_own_parser = app.count("--parser") > 0;
  try {
    return parse->parsed() ? chunkrd::local::run_parse(arguments.order) : serve(arguments);
  } catch (const UserError& error) {
    return fail(error.code(), error.what());
  } catch (const std::exception& error) {
    return fail(ExitCode::io_error, error.what());
  }
}
