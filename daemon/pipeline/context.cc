#include "pipeline/context.h"

#include "core/escape.h"

namespace chunkrd::pipeline {
namespace {

template <class Each>
const Each& of_profile(const std::map<std::string, Each>& by_name, const queue::Job& job) {
  const auto found = by_name.find(profile_at_work(job));
  if (found == by_name.end())
    throw NoSuchProfile("profile " + printable(profile_at_work(job)) +
                        " is not in the configuration any more: the document waits");
  return found->second;
}

}  // namespace

std::shared_ptr<Place> Rules::place_of(const queue::Job& job) const {
  const auto place = places.find(job.inbox);
  if (place == places.end())
    throw NoSuchInbox("inbox " + printable(job.inbox) +
                      " is not in the configuration any more: the document waits");
  return place->second;
}

const Policy& Rules::policy_of(const queue::Job& job) const {
  return of_profile(policies, job);
}

const config::Profile& Rules::profile_of(const queue::Job& job) const {
  return of_profile(profiles, job);
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
  note(after);
  observer.on_transition(before, after);
  if (after.state == queue::State::vanished && let_go) let_go(after.inbox, after.name);
  co_return after;
}

void Context::note(const queue::Job& job) {
  twins.note(job);
  if (lifecycle::may_be_paid_for(job))
    in_doubt.insert(job.id);
  else
    in_doubt.erase(job.id);
}

}  // namespace chunkrd::pipeline
