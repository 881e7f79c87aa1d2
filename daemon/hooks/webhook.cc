#include "hooks/webhook.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/hmac.h"
#include "core/quotation.h"

namespace chunkrd::hooks {
namespace {

using namespace std::chrono_literals;

constexpr Duration kConnect = 10s;
constexpr std::size_t kKeptConnections = 4;
// Of what a receiver says, for people.
constexpr std::size_t kSaidBytes = 300;
// Whoever asks for more time may have so much.
constexpr Duration kLongestRetryAfter = 1h;

std::int64_t seconds_of(WallTime at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

Answer judged(const http::Response& response) {
  if (http::is_success(response.status)) return {};
  Answer answer{.kind = Answer::Kind::refused, .said = fmt::format("it answers {}", response.status)};
  if (response.status / 100 == 3)
    answer.said += ", a redirect; those are not followed: put the new address into webhook.url";
  else if (!response.body.empty())
    answer.said += ": " + quotation(response.body, kSaidBytes);
  if (response.retry_after) answer.retry_after = std::min(*response.retry_after, kLongestRetryAfter);
  return answer;
}

Answer judged(const http::TransportError& error) {
  const bool ours = error.cause == http::TransportError::Cause::abandoned;
  return {.kind = ours ? Answer::Kind::abandoned : Answer::Kind::refused, .said = error.message};
}

}  // namespace

std::string signature(const std::string& secret, std::int64_t at, const std::string& body) {
  return fmt::format("t={},v1={}", at, hmac_sha256_hex(secret, fmt::format("{}.{}", at, body)));
}

Webhook::Webhook(Executor loop, config::Webhook settings, std::string secret, Duration timeout)
    : settings_(std::move(settings)),
      secret_(std::move(secret)),
      timeout_(timeout),
      engine_(std::move(loop), {.ca_file = settings_.ca_file, .kept_connections = kKeptConnections}) {}

awaitable<Answer> Webhook::tell(Message message) {
  const std::int64_t at = seconds_of(message.at);
  http::Request request;
  request.method = http::Method::post;
  request.url = settings_.url;
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "chunkrd"},
                     {"Chunkrd-Event", std::string(to_string(message.ending.job.state))},
                     {"Chunkrd-Delivery", message.delivery},
                     {"Chunkrd-Attempt", std::to_string(message.attempt)},
                     {"Chunkrd-Timestamp", std::to_string(at)}};
  if (!secret_.empty())
    request.headers.push_back({"Chunkrd-Signature", signature(secret_, at, message.body)});
  request.body = http::text_body(std::move(message.body));
  request.sink = http::IntoNothing{};
  request.timeouts = {.connect = std::min(kConnect, timeout_), .stall = timeout_, .answer = timeout_};
  const auto result = co_await engine_.perform(std::move(request));
  co_return result ? judged(*result) : judged(result.error());
}

}  // namespace chunkrd::hooks
