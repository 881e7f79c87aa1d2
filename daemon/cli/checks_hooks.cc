#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <list>
#include <set>
#include <sstream>
#include <system_error>
#include <utility>

#include "cli/checks.h"
#include "config/api_key.h"
#include "core/async.h"
#include "core/errors.h"
#include "core/escape.h"
#include "hooks/routes.h"
#include "http/engine.h"
#include "http/origin.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Level = Finding::Level;

// A person waits for this.
constexpr Duration kPatience = 10s;

bool may_be_executed(const fs::path& file) {
  struct stat status{};
  return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(file.c_str(), X_OK) == 0;
}

std::string why_not_executed(const fs::path& file) {
  struct stat status{};
  if (::stat(file.c_str(), &status) != 0) return std::generic_category().message(errno);
  return S_ISREG(status.st_mode) ? "it may not be executed" : "it is no file";
}

// Only the origin of a URL is told: the rest may be a secret.
std::string origin_text(const config::Webhook& webhook) {
  const auto origin = http::origin_of(webhook.url);
  return origin ? printable(origin->text()) : "its address";
}

void check_secret(const std::string& name, const config::Webhook& webhook, Findings& findings) {
  try {
    const bool none = config::load_webhook_secret(webhook).empty();
    findings.push_back(
        {"hooks", Level::ok,
         name + (none ? ": not signed, unless systemd hands the daemon the credential webhook-secret"
                      : ": there is a secret to sign with"),
         ""});
  } catch (const UserError& error) {
    findings.push_back({"hooks", Level::error, fmt::format("{}: {}", name, error.what()),
                        "without it the daemon does not start, and refuses a reload"});
  }
  struct stat status{};
  if (webhook.secret_file && ::stat(webhook.secret_file->c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
      (status.st_mode & S_IROTH) != 0)
    findings.push_back({"hooks", Level::warning,
                        fmt::format("{}: {}: everybody on this machine may read it", name,
                                    printable(webhook.secret_file->native())),
                        "chmod o-r it"});
}

void check_webhook(const std::string& name, const config::Webhook& webhook, Findings& findings) {
  check_secret(name, webhook, findings);
  if (webhook.url.starts_with("http://") && !config::is_loopback(webhook.url))
    findings.push_back(
        {"hooks", Level::warning,
         fmt::format("{}: {}: what documents there are can be read on the way", name, origin_text(webhook)),
         "use https://, if the receiver has it"});
}

void check_command(const std::string& name, const std::string& program, Findings& findings) {
  if (const auto file = find_program(program)) {
    findings.push_back(
        {"hooks", Level::ok, fmt::format("{}: {} can be run", name, printable(file->native())), ""});
    return;
  }
  const bool by_path = program.find('/') == std::string::npos;
  findings.push_back(
      {"hooks", Level::error,
       fmt::format("{}: {}: {}", name, printable(program),
                   by_path ? "there is no such program in $PATH" : why_not_executed(program)),
       by_path
           ? "write its absolute path: the daemon's $PATH may be another one"
           : "the daemon's user must be able to execute it, and to see it: a service sees no home folders"});
}

// Asks for nothing but an answer, and not at the hook's own path: whatever it is, somebody is there.
awaitable<void> ask(http::Engine& engine, std::string name, const config::Webhook& webhook,
                    Findings& findings) {
  const auto origin = http::origin_of(webhook.url);
  if (!origin) co_return;
  http::Request request{.method = http::Method::head,
                        .url = origin->text() + "/",
                        .headers = {{"User-Agent", "chunkrd"}},
                        .body = nullptr,
                        .sink = http::IntoNothing{},
                        .timeouts = {.connect = kPatience, .stall = kPatience, .answer = kPatience}};
  const http::Result result = co_await engine.perform(std::move(request));
  if (result)
    findings.push_back({"hooks", Level::ok, fmt::format("{}: {} answers", name, origin_text(webhook)), ""});
  else
    findings.push_back({"hooks", Level::warning, fmt::format("{}: {}", name, result.error().message),
                        "documents go on; what is to be told waits until the receiver is there"});
}

}  // namespace

std::optional<fs::path> find_program(const std::string& program) {
  if (program.find('/') != std::string::npos)
    return may_be_executed(program) ? std::optional<fs::path>(program) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path != nullptr ? path : "/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (fs::path file = fs::path(folder) / program; may_be_executed(file)) return file;
  return std::nullopt;
}

void check_hooks(const config::Settings& settings, Findings& findings) {
  for (const hooks::Owner& owner : hooks::owners_of(settings)) {
    if (!owner.webhook.empty()) check_webhook(printable(owner.webhook), *owner.notify->webhook, findings);
    if (!owner.command.empty())
      check_command(printable(owner.command), owner.notify->command.front(), findings);
  }
}

Findings check_receivers(const config::Settings& settings) {
  asio::io_context loop(1);
  Findings findings;
  std::list<http::Engine> engines;
  std::set<std::pair<std::string, std::optional<fs::path>>> asked;
  std::exception_ptr failure;
  std::size_t open = 0;
  for (const hooks::Owner& owner : hooks::owners_of(settings)) {
    if (owner.webhook.empty()) continue;
    const config::Webhook& webhook = *owner.notify->webhook;
    if (!asked.emplace(origin_text(webhook), webhook.ca_file).second) continue;
    auto& engine =
        engines.emplace_back(loop.get_executor(), http::Engine::Options{.ca_file = webhook.ca_file});
    open += 1;
    asio::co_spawn(loop, ask(engine, printable(owner.webhook), webhook, findings),
                   [&](std::exception_ptr thrown) {
                     if (thrown) failure = thrown;
                     if (--open == 0) loop.stop();
                   });
  }
  if (open > 0) loop.run();
  if (failure) std::rethrow_exception(failure);
  return findings;
}

}  // namespace chunkrd::cli
