#pragma once

#include <string>

#include "config/settings.h"
#include "hooks/hook.h"
#include "http/engine.h"

namespace chunkrd::hooks {

/// A receiver of POST requests, with a connection pool of its own: see docs/configuration.md, Notifications.
class Webhook final : public Hook {
 public:
  /// Signs with `secret` unless that is empty. Throws std::system_error.
  Webhook(Executor loop, config::Webhook settings, std::string secret, Duration timeout);

  awaitable<Answer> tell(Message message) override;
  void give_up() override { engine_.abandon_all(); }

 private:
  config::Webhook settings_;
  std::string secret_;
  Duration timeout_;
  http::Engine engine_;
};

/// "t=1732790000,v1=...": see docs/configuration.md. `at` in whole seconds since 1970. Pure.
std::string signature(const std::string& secret, std::int64_t at, const std::string& body);

}  // namespace chunkrd::hooks
