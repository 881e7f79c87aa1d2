#include "tests/system/harness/installation.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/fd.h"
#include "core/ids.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;

constexpr auto kStart = std::chrono::seconds(60);

FileDescriptor connect_to(int port) {
  FileDescriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(connection.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::runtime_error("nobody listens on port " + std::to_string(port));
  return connection;
}

// A port that was free a moment ago.
int free_port() {
  const FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.sin_port);
}

// Ready, or not ready for a reason: but no longer starting.
bool has_started(int metrics_port) {
  try {
    return http_get(metrics_port, "/readyz").body.find("starting") == std::string::npos;
  } catch (const std::runtime_error&) {
    return false;
  }
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

}  // namespace

HttpAnswer http_get(int port, const std::string& path) {
  const FileDescriptor connection = connect_to(port);
  const std::string request = "GET " + path + " HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n";
  if (::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0)
    throw std::runtime_error("send");
  std::string answer;
  char buffer[65536];
  for (ssize_t got = 0; (got = ::recv(connection.get(), buffer, sizeof buffer, 0)) > 0;)
    answer.append(buffer, static_cast<std::size_t>(got));
  const auto body = answer.find("\r\n\r\n");
  if (answer.size() < 12 || body == std::string::npos) throw std::runtime_error("no HTTP answer: " + answer);
  return {std::stoi(answer.substr(9, 3)), answer.substr(body + 4)};
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const fs::path& file, std::string_view bytes) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + file.string());
}

std::vector<std::string> files_below(const fs::path& folder) {
  std::vector<std::string> names;
  for (auto entry = fs::recursive_directory_iterator(folder); entry != fs::recursive_directory_iterator();
       ++entry) {
    if (entry->path().filename() == ".chunkrd") {
      entry.disable_recursion_pending();
      continue;
    }
    names.push_back(entry->path().lexically_relative(folder).native() + (entry->is_directory() ? "/" : ""));
  }
  std::ranges::sort(names);
  return names;
}

Installation::Installation() {
  for (auto [path, name] : {std::pair{&inbox, "inbox"},
                            {&outbox, "outbox"},
                            {&failed, "failed"},
                            {&archive, "archive"},
                            {&state, "state"}}) {
    *path = folder_ / name;
    fs::create_directory(*path);
  }
  fs::create_directory(folder_ / "service");
}

void Installation::start_service(const std::string& rules, const std::vector<std::string>& arguments) {
  rules_ = rules;
  service_arguments_ = arguments;
  const fs::path port_file = folder_ / "service.port";
  fs::remove(port_file);
  std::vector<std::string> command{CHUNKR_LOCAL_PROGRAM,
                                   "--listen",
                                   "127.0.0.1:" + std::to_string(service_port_),
                                   "--state",
                                   folder_ / "service",
                                   "--port-file",
                                   port_file};
  if (!rules.empty()) {
    write_file(folder_ / "rules.yaml", rules);
    command.insert(command.end(), {"--rules", folder_ / "rules.yaml"});
  } else {
    command.emplace_back("--statistics");
  }
  command.insert(command.end(), arguments.begin(), arguments.end());
  service_.emplace(command, folder_ / "service.log");
  const bool up = eventually([&] { return !read_file(port_file).empty() || !service_->running(); }, kStart);
  if (!up || !service_->running())
    throw std::runtime_error("chunkr-local: " + read_file(folder_ / "service.log"));
  service_port_ = std::stoi(read_file(port_file));
}

void Installation::stop_service() {
  service_.reset();
}

void Installation::restart_service() {
  service_.reset();
  start_service(rules_, service_arguments_);
}

std::string Installation::statistics() const {
  return http_get(service_port_, "/_chunkr-local/statistics").body;
}

std::map<std::string, Installation::Tasks> Installation::tasks_by_document() const {
  std::map<std::string, Tasks> documents;
  const auto answer = boost::json::parse(statistics());
  for (const auto& [file_name, numbers] : answer.at("by_file_name").as_object()) {
    // "report-<tag>.pdf" -> "report.pdf"
    std::string name(file_name);
    if (!job_mark_in(name).empty()) {
      const auto dash = name.find_last_of('-');
      name.erase(dash, name.find_last_of('.') - dash);
    }
    documents[name].created += static_cast<int>(numbers.at("created").as_int64());
    documents[name].succeeded += static_cast<int>(numbers.at("succeeded").as_int64());
  }
  return documents;
}

void Installation::write_config() const {
  write_file(config_file(),
             fmt::format("api: {{url: \"http://127.0.0.1:{}\", {}}}\n"
                         "state: {}\n"
                         "inboxes:\n"
                         "  - {{path: {}, outbox: {}, failed: {}, archive: {}, {}}}\n{}"
                         "profiles:\n  default: {{{}}}\n"
                         "limits: {{{}}}\n"
                         "metrics: {{listen: \"127.0.0.1:{}\"}}\n"
                         "log: {{level: {}, format: text}}\n{}\n",
                         service_port_ == 0 ? 1 : service_port_, api_options, state.native(), inbox.native(),
                         outbox.native(), failed.native(), archive.native(), inbox_options, more_inboxes,
                         profile_options, limits, metrics_port_, log_level, top_level));
}

void Installation::start_daemon(const Process::Options& options) {
  if (metrics_port_ == 0) metrics_port_ = free_port();
  write_config();
  daemon_.emplace(std::vector<std::string>{CHUNKRD_PROGRAM, "run", "--config", config_file()},
                  folder_ / "chunkrd.log", options);
  const bool up = eventually([&] { return !daemon_->running() || has_started(metrics_port_); }, kStart);
  if (!up || !daemon_->running()) throw std::runtime_error("chunkrd: " + daemon_log());
}

std::pair<Ended, std::string> Installation::run_daemon_to_end() {
  const fs::path output = folder_ / "to-end.log";
  Process process({CHUNKRD_PROGRAM, "run", "--config", config_file()}, output);
  const auto ended = process.wait(kStart);
  if (!ended) throw std::runtime_error("chunkrd did not end: " + read_file(output));
  return {*ended, read_file(output)};
}

Ran Installation::command(std::vector<std::string> arguments, const RunOptions& options) const {
  arguments.insert(arguments.begin(), CHUNKRD_PROGRAM);
  arguments.insert(arguments.end(), {"--config", config_file()});
  return run(std::move(arguments), options);
}

std::optional<Ended> Installation::stop_daemon(std::chrono::milliseconds limit) {
  daemon_->signal(SIGTERM);
  return daemon_->wait(limit);
}

std::string Installation::daemon_log() const {
  return read_file(folder_ / "chunkrd.log");
}

std::string Installation::metrics() const {
  return http_get(metrics_port_, "/metrics").body;
}

double Installation::metric(const std::string& series) const {
  const std::string text = "\n" + metrics();
  const auto at = text.find("\n" + series + " ");
  if (at == std::string::npos) throw std::runtime_error("no series " + series);
  return std::stod(text.substr(at + series.size() + 2));
}

void Installation::drop(const std::string& name, std::string_view bytes) const {
  const fs::path target = inbox / name;
  fs::create_directories(target.parent_path());
  const fs::path temporary = target.parent_path() / ".dropping.part";
  write_file(temporary, bytes);
  fs::rename(temporary, target);
}

bool Installation::wait_for_ends(int documents, std::chrono::milliseconds limit) {
  return eventually(
      [&] {
        const std::string log = daemon_log();
        return count(log, " state=done ") + count(log, " state=failed ") + count(log, " state=cancelled ") >=
               documents;
      },
      limit);
}

bool Installation::wait_for_log(const std::string& text, std::chrono::milliseconds limit) const {
  return eventually([&] { return daemon_log().find(text) != std::string::npos; }, limit);
}

}  // namespace chunkrd::tests
