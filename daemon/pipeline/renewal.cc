#include "pipeline/renewal.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "core/escape.h"
#include "core/spawn.h"

namespace chunkrd::pipeline {
namespace {

using Gone = std::map<std::string, std::string>;  // why, by folder

Gone all_gone(const Rules* rules) {
  Gone all;
  if (rules == nullptr) return all;
  for (const auto& [path, place] : rules->places)
    for (const auto& [folder, why] : place->gone)
      if (folder != place->rules.path) all.emplace(folder.native(), why);
  return all;
}

bool is_used(const Rules& rules, const std::string& folder) {
  return std::ranges::any_of(rules.places, [&](const auto& named) {
    const Place& place = *named.second;
    return place.rules.outbox == folder || place.failed.root() == folder || place.spool.folder() == folder ||
           (place.archive && place.archive->root() == folder);
  });
}

bool is_whole(const std::pair<const std::string, std::shared_ptr<Place>>& named) {
  return named.second->gone.empty();
}

}  // namespace

void tell_what_is_gone(const Rules& now, const Rules* before) {
  const Gone gone = all_gone(&now), was_gone = all_gone(before);
  for (const auto& [folder, why] : gone)
    if (!was_gone.contains(folder)) spdlog::warn("{}", why);
  for (const auto& [folder, why] : was_gone)
    if (!gone.contains(folder) && is_used(now, folder)) spdlog::info("{} is there again", printable(folder));
}

WallTime Renewal::next() const {
  return std::ranges::all_of(context_.rules->places, is_whole) ? WallTime::max() : look_at_;
}

bool Renewal::look(WallTime now, const Executor& loop) {
  if (now < next()) return std::exchange(has_renewed_, false);
  look_at_ = now + kFolderLook;
  for (const auto& named : context_.rules->places)
    if (!is_whole(named) && looking_at_.insert(named.first).second)
      asio::co_spawn(loop, look_at(named.second), kOrEnd);
  return std::exchange(has_renewed_, false);
}

awaitable<void> Renewal::look_at(std::shared_ptr<Place> place) {
  const std::string inbox = place->rules.path.native();
  std::shared_ptr<Place> made;
  try {
    made = co_await context_.files.run(place->touched_in_all(), "folders of " + inbox, [place] {
      return std::make_shared<Place>(place->rules, place->state_folder);
    });
  } catch (const std::exception& error) {
    spdlog::debug("inbox {}: its folders cannot be looked at: {}", printable(inbox), error.what());
  }
  looking_at_.erase(inbox);
  ended_.ring();
  // The configuration may have been read anew meanwhile.
  const auto now = context_.rules->places.find(inbox);
  if (!made || made->gone == place->gone || now == context_.rules->places.end() || now->second != place)
    co_return;
  auto rules = std::make_shared<Rules>(*context_.rules);
  rules->places[inbox] = std::move(made);
  tell_what_is_gone(*rules, context_.rules.get());
  context_.rules = std::move(rules);
  has_renewed_ = true;
  if (context_.renewed) context_.renewed(inbox);
}

}  // namespace chunkrd::pipeline
