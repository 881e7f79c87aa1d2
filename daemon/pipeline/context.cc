#include "pipeline/context.h"

#include "core/escape.h"

namespace chunkrd::pipeline {

std::shared_ptr<Place> Rules::place_of(const queue::Job& job) const {
  const auto place = places.find(job.inbox);
  if (place == places.end())
    throw NoSuchInbox("inbox " + printable(job.inbox) +
                      " is not in the configuration any more: the document waits");
  return place->second;
}

const Policy& Rules::policy_of(const queue::Job& job) const {
  const auto policy = policies.find(job.profile);
  return policy == policies.end() ? policies.at("default") : policy->second;
}

const config::Profile& Rules::profile_of(const queue::Job& job) const {
  const auto profile = profiles.find(job.profile);
  return profile == profiles.end() ? profiles.at("default") : profile->second;
}

std::shared_ptr<const Rules> make_rules(const config::Settings& settings) {
  auto rules = std::make_shared<Rules>();
  for (const config::Inbox& inbox : settings.inboxes)
    rules->places.emplace(inbox.path.native(), std::make_shared<Place>(inbox, settings.state));
  rules->profiles = settings.profiles;
  for (const auto& [name, profile] : settings.profiles)
    rules->policies.emplace(name, policy_of(profile, settings.api));
  rules->limits = settings.limits;
  rules->retention = settings.retention;
  return rules;
}

awaitable<std::optional<queue::Job>> Context::commit(queue::Transition transition) {
  const queue::State before = transition.from;
  queue::Job after = transition.after;
  if (!co_await queue.apply(std::move(transition))) co_return std::nullopt;
  after.lease += 1;
  if (after.state != before) after.state_since = clock.now();
  twins.note(after);
  observer.on_transition(before, after);
  if (after.state == queue::State::vanished && let_go) let_go(after.inbox, after.name);
  co_return after;
}

}  // namespace chunkrd::pipeline
