#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

#include "cli/checks.h"
#include "config/api_key.h"
#include "config/releases.h"
#include "core/async.h"
#include "core/errors.h"
#include "core/escape.h"
#include "http/engine.h"
#include "taskapi/http_client.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

// A person waits for this; a service that needs longer has trouble.
constexpr Duration kPatience = 10s;
// Polls, pauses and the day's budget do not mind less; reconcile goes by the service's clock.
constexpr Duration kClocksApart = 2min;

std::string one_line(std::string_view text) {
  return harmless(text.substr(0, std::min<std::size_t>(200, text.find_first_of("\r\n"))));
}

std::string advice_for(http::TransportError::Cause cause) {
  using Cause = http::TransportError::Cause;
  switch (cause) {
    case Cause::resolve:
      return "check the host in api.url, and this machine's DNS";
    case Cause::connect:
      return "check api.url, the network, a proxy or firewall; or start chunkr-local";
    case Cause::tls:
      return "check this machine's clock and ca-certificates; a company's own certificate goes into "
             "api.ca_file";
    case Cause::timeout:
      return "the service or the network is slow or down: try again, then ask who runs it";
    default:
      return "check api.url and the network";
  }
}

// The answer's clock is of some moment between `before` and `after`, in whole seconds.
void check_clock(const std::optional<WallTime>& theirs, WallTime before, WallTime after, Findings& findings) {
  if (!theirs) {
    findings.push_back({"clock", Level::ok, "not compared: the service's answer has no Date", ""});
    return;
  }
  const Duration ahead = std::max<Duration>(before - *theirs - 1s, 0s),
                 behind = std::max<Duration>(*theirs - after, 0s);
  const Duration apart = std::max(ahead, behind);
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(apart).count();
  if (apart < kClocksApart)
    findings.push_back({"clock", Level::ok, fmt::format("{} s from the service's at most", seconds + 1), ""});
  else
    findings.push_back(
        {"clock", Level::warning,
         fmt::format("this machine's is {} s {} the service's", seconds, ahead > 0s ? "ahead of" : "behind"),
         "set it right: timedatectl set-ntp true"});
}

// The first with the operations that chunkrd uses, and the last whose settings the contract has.
constexpr config::Release kOldest{1, 2}, kContract{1, 14};
// Before it a task that reads Failed may be tried again by the service all the same.
constexpr config::Release kFailedIsFinal{1, 7};

std::string name_of(config::Release release) {
  return fmt::format("server {}.{}", release.major, release.minor);
}

// Of settings that it does not know a server says nothing: it goes on without them.
void check_release(std::string_view health, const config::Settings& settings, Findings& findings) {
  const auto release = config::release_in(health);
  if (release && *release < kOldest)
    findings.push_back({"server", Level::error, name_of(*release) + " is too old: chunkrd needs 1.2 or later",
                        "bring the server up to date"});
  else if (release && *release < kFailedIsFinal)
    findings.push_back(
        {"server", Level::warning,
         name_of(*release) +
             " may go on with a task after it has called it Failed: documents may be paid twice",
         "bring the server up to date: 1.7 or later"});
  const std::string who = release ? name_of(*release) : "the server, which does not name its release";
  for (const auto& [name, profile] : settings.profiles) {
    const auto unread = config::settings_out_of(profile.parse, release.value_or(kContract));
    if (!unread.empty())
      findings.push_back(
          {"profile " + harmless(name), Level::warning, fmt::format("{}: {}", who, fmt::join(unread, "; ")),
           "servers skip settings that they do not know: take them out, or change the server"});
  }
}

// False when there is nobody to ask anything else.
awaitable<bool> check_health(http::Engine& engine, const config::Settings& settings, Findings& findings) {
  std::string url = settings.api.url;
  while (url.ends_with('/')) url.pop_back();
  http::Request request{.method = http::Method::get,
                        .url = url + "/health",
                        .headers = {{"Accept", "text/plain"}, {"User-Agent", "chunkrd"}},
                        .body = nullptr,
                        .sink = http::IntoText{4096},
                        .timeouts = {.connect = kPatience, .stall = kPatience, .answer = kPatience}};
  if (const auto proxy = http::Proxies::of_environment().for_url(url))
    findings.push_back({"proxy", Level::ok, "the service is asked by way of " + proxy->text(), ""});
  const auto now = [] { return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()); };
  const WallTime before = now();
  const http::Result result = co_await engine.perform(std::move(request));
  if (!result) {
    findings.push_back({"api", Level::error, result.error().message, advice_for(result.error().cause)});
    co_return false;
  }
  if (http::is_success(result->status)) {
    findings.push_back(
        {"api", Level::ok, fmt::format("{}: {}", settings.api.url, one_line(result->body)), ""});
    check_release(one_line(result->body), settings, findings);
  } else {
    findings.push_back({"api", Level::warning,
                        fmt::format("{}/health answers {}: {}", url, result->status, one_line(result->body)),
                        "is api.url the service's address, without /api/v1?"});
  }
  check_clock(result->date, before, now(), findings);
  co_return true;
}

struct AboutKey {
  Finding operator()(const taskapi::TaskPage& tasks) const {
    return {"key", Level::ok,
            fmt::format("accepted ({})", tasks.empty() ? "no tasks yet" : "there are tasks"), ""};
  }
  Finding operator()(const taskapi::Refusal& refusal) const {
    const std::string text =
        fmt::format("GET /api/v1/tasks answers {}: {}", refusal.http_status, one_line(refusal.text));
    if (refusal.http_status == 401 || refusal.http_status == 403)
      return {"key", Level::error, text, "the key is not accepted: put a valid one into api.key_file"};
    if (refusal.http_status == 404)
      return {"key", Level::error, text, "this is not the Task API (v1): check api.url"};
    return {"key", Level::warning, text, "the service has trouble: whether it takes the key is not known"};
  }
  Finding operator()(const taskapi::NoAnswer& none) const {
    return {"key", Level::warning, none.message, "no answer: whether the key is taken is not known"};
  }
  Finding operator()(const taskapi::Unreadable& unreadable) const {
    return {"key", Level::error, "GET /api/v1/tasks: " + unreadable.message,
            "this is not the Task API (v1): check api.url"};
  }
};

awaitable<void> ask(const config::Settings& settings, http::Engine& engine, Findings& findings) {
  if (!co_await check_health(engine, settings, findings)) co_return;
  std::string key;
  try {
    key = config::load_api_key(settings.api);
  } catch (const UserError&) {
    co_return;  // check_this_machine() has said so
  }
  taskapi::HttpClient::Options options;
  options.url = settings.api.url;
  options.connect_timeout = options.answer_timeout = options.stall_timeout = kPatience;
  taskapi::HttpClient client(engine, options, std::move(key), nullptr);
  taskapi::ListQuery newest;
  newest.limit = 1;
  const auto answer = co_await client.list(newest);
  findings.push_back(std::visit(AboutKey{}, answer));
}

}  // namespace

Findings check_service(const config::Settings& settings) {
  asio::io_context loop(1);
  Findings findings;
  http::Engine engine(loop.get_executor(), {.ca_file = settings.api.ca_file});
  std::exception_ptr failure;
  asio::co_spawn(loop, ask(settings, engine, findings), [&](std::exception_ptr thrown) {
    failure = thrown;
    loop.stop();
  });
  loop.run();
  if (failure) std::rethrow_exception(failure);
  return findings;
}

}  // namespace chunkrd::cli
