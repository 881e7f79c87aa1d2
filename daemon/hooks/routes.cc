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

Owner owner_of(const config::Notify& notify, const std::string& whose) {
  Owner owner{.notify = &notify};
  if (notify.webhook) owner.webhook = "webhook of " + whose;
  if (!notify.command.empty()) owner.command = "command of " + whose;
  return owner;
}

}  // namespace

std::vector<Owner> owners_of(const config::Settings& settings) {
  std::vector<Owner> owners;
  for (const config::Inbox& inbox : settings.inboxes)
    owners.emplace_back(owner_of(inbox.notify, "inbox " + inbox.path.native())).inbox = inbox.path.native();
  for (const auto& [name, profile] : settings.profiles)
    owners.emplace_back(owner_of(profile.notify, "profile " + name)).profile = name;
  return owners;
}

std::vector<std::string> route_names(const config::Settings& settings) {
  std::vector<std::string> names;
  for (const Owner& owner : owners_of(settings))
    for (const std::string& name : {owner.webhook, owner.command})
      if (!name.empty()) names.push_back(name);
  return names;
}

Secrets read_secrets(const config::Settings& settings) {
  Secrets secrets;
  for (const Owner& owner : owners_of(settings))
    if (!owner.webhook.empty()) secrets[owner.webhook] = config::load_webhook_secret(*owner.notify->webhook);
  return secrets;
}

std::vector<Route> routes_of(const config::Settings& settings, const Secrets& secrets, const Executor& loop) {
  std::vector<Route> routes;
  for (const Owner& owner : owners_of(settings)) {
    const config::Notify& notify = *owner.notify;
    Route route;
    route.inbox = owner.inbox;
    route.profile = owner.profile;
    route.on = notify.on;
    if (notify.give_up_after) route.give_up_after = *notify.give_up_after;
    if (!owner.webhook.empty()) {
      route.name = owner.webhook;
      route.destination = "POST " + notify.webhook->url;
      route.hook = std::make_shared<Webhook>(loop, *notify.webhook, secrets.at(route.name), notify.timeout);
      routes.push_back(route);
    }
    if (!owner.command.empty()) {
      route.name = owner.command;
      route.destination = joined(notify.command);
      route.hook = std::make_shared<Program>(notify.command, notify.timeout, kAtOnce);
      routes.push_back(std::move(route));
    }
  }
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
