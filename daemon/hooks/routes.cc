#include "hooks/routes.h"

#include <algorithm>
#include <utility>

#include "config/api_key.h"
#include "hooks/program.h"
#include "hooks/webhook.h"

namespace chunkrd::hooks {
namespace {

bool is_of(const config::End end, queue::State state) {
  switch (end) {
    case config::End::done:
      return state == queue::State::done;
    case config::End::failed:
      return state == queue::State::failed;
    case config::End::cancelled:
      return state == queue::State::cancelled;
  }
  return false;
}

bool wants(const Route& route, const queue::Ending& ending) {
  const queue::Job& job = ending.job;
  if (route.inbox && *route.inbox != job.inbox) return false;
  if (route.profile && *route.profile != job.profile) return false;
  return std::ranges::any_of(route.on, [&](config::End end) { return is_of(end, job.state); });
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + '\0';
  return text;
}

// Calls `visit` with each `notify:`, whose it is, and how that is called in names.
template <class Visit>
void for_each_notify(const config::Settings& settings, Visit visit) {
  for (const config::Inbox& inbox : settings.inboxes) {
    Route owner;
    owner.inbox = inbox.path.native();
    visit(inbox.notify, owner, "inbox " + inbox.path.native());
  }
  for (const auto& [name, profile] : settings.profiles) {
    Route owner;
    owner.profile = name;
    visit(profile.notify, owner, "profile " + name);
  }
}

std::string webhook_of(const std::string& whose) {
  return "webhook of " + whose;
}

std::string command_of(const std::string& whose) {
  return "command of " + whose;
}

}  // namespace

std::vector<std::string> route_names(const config::Settings& settings) {
  std::vector<std::string> names;
  for_each_notify(settings, [&](const config::Notify& notify, const Route&, const std::string& whose) {
    if (notify.webhook) names.push_back(webhook_of(whose));
    if (!notify.command.empty()) names.push_back(command_of(whose));
  });
  return names;
}

Secrets read_secrets(const config::Settings& settings) {
  Secrets secrets;
  for_each_notify(settings, [&](const config::Notify& notify, const Route&, const std::string& whose) {
    if (notify.webhook) secrets[webhook_of(whose)] = config::load_webhook_secret(*notify.webhook);
  });
  return secrets;
}

std::vector<Route> routes_of(const config::Settings& settings, const Secrets& secrets, const Executor& loop) {
  std::vector<Route> routes;
  for_each_notify(settings, [&](const config::Notify& notify, Route route, const std::string& whose) {
    route.on = notify.on;
    if (notify.give_up_after) route.give_up_after = *notify.give_up_after;
    if (notify.webhook) {
      route.name = webhook_of(whose);
      route.destination = "POST " + notify.webhook->url;
      route.hook = std::make_shared<Webhook>(loop, *notify.webhook, secrets.at(route.name), notify.timeout);
      routes.push_back(route);
    }
    if (!notify.command.empty()) {
      route.name = command_of(whose);
      route.destination = joined(notify.command);
      route.hook = std::make_shared<Program>(notify.command, notify.timeout, kAtOnce);
      routes.push_back(std::move(route));
    }
  });
  return routes;
}

std::vector<std::string> told_of(const queue::Ending& ending, const std::vector<Route>& routes) {
  std::vector<std::string> names, destinations;
  for (const Route& route : routes) {
    if (!wants(route, ending) || std::ranges::find(destinations, route.destination) != destinations.end())
      continue;
    names.push_back(route.name);
    destinations.push_back(route.destination);
  }
  return names;
}

}  // namespace chunkrd::hooks
