#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "core/async.h"
#include "core/clock.h"
#include "hooks/hook.h"
#include "queue/ending.h"

namespace chunkrd::hooks {

/// So many notifications go to one hook at once.
inline constexpr std::size_t kAtOnce = 4;

/// Which ends are told to whom.
struct Route {
  std::string name;  ///< "webhook of inbox /srv/in" (bytes): in the queue, in logs, in metrics
  std::optional<std::string> inbox;    ///< the inbox whose documents it is for, or
  std::optional<std::string> profile;  ///< the profile
  std::vector<config::End> on;
  std::string destination;  ///< the same for two that would tell the same one; may hold a secret
  std::optional<Duration> give_up_after;
  std::shared_ptr<Hook> hook;
};

/// A `notify:` of `settings`, whose it is, and the names of its routes; empty where it has none of the kind.
struct Owner {
  const config::Notify* notify = nullptr;
  std::optional<std::string> inbox = {}, profile = {};
  std::string webhook = {}, command = {};
};

/// Of every inbox and profile; not longer than `settings`.
std::vector<Owner> owners_of(const config::Settings& settings);

/// The names of all of them.
std::vector<std::string> route_names(const config::Settings& settings);

/// What webhooks sign with, by the names of their routes.
using Secrets = std::map<std::string, std::string>;

/// Blocking. Throws UserError where one cannot be had.
Secrets read_secrets(const config::Settings& settings);

/// Every `notify:` of `settings`. Event-loop thread. Throws std::system_error.
std::vector<Route> routes_of(const config::Settings& settings, const Secrets& secrets, const Executor& loop);

/// The names of those that are to be told of this end; one that is meant twice, once. Pure.
std::vector<std::string> told_of(const queue::Ending& ending, const std::vector<Route>& routes);

}  // namespace chunkrd::hooks
