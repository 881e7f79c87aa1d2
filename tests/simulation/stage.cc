#include "tests/simulation/stage.h"

#include <algorithm>

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Originals go before, with and after their rows.
config::Retention retention_of(std::uint64_t seed) {
  config::Retention retention;
  retention.finished_after = std::chrono::seconds(30min);
  retention.finished_keep = seed % 2 == 0 ? 20 : 0;
  retention.archive_after = std::chrono::seconds(seed % 4 < 2 ? 10min : 50min);
  return retention;
}

config::Settings settings_in(const fs::path& folder, const Plan& plan) {
  config::Settings settings;
  settings.state = folder / "state";
  config::Inbox inbox;
  inbox.path = folder / "inbox";
  inbox.outbox = folder / "outbox";
  inbox.failed = folder / "failed";
  inbox.archive = folder / "archive";
  settings.inboxes.push_back(inbox);
  using config::Artifact;
  settings.profiles["default"].artifacts = {Artifact::json,   Artifact::markdown, Artifact::html,
                                            Artifact::chunks, Artifact::text,     Artifact::pdf,
                                            Artifact::images};
  if (plan.retention) settings.retention = retention_of(plan.seed);
  settings.limits.documents_per_day = plan.borders.documents_per_day;
  return settings;
}

}  // namespace

Stage::Stage(const Plan& of, const fs::path& folder)
    : plan(of),
      random(of.seed),
      service(time, random, of.weather),
      settings(settings_in(folder, of)),
      inbox_path(inbox().path),
      crashes_left(of.crashes) {
  for (const auto* path : {&settings.state, &inbox().path}) fs::create_directories(*path);
}

WallTime Stage::next_event() const {
  WallTime next = WallTime::max();
  for (const auto* events : {&agenda, &watches})
    if (!events->empty()) next = std::min(next, events->begin()->first);
  return next;
}

void Stage::let_happen() {
  while (next_event() <= time.now())
    for (auto* events : {&agenda, &watches})
      if (!events->empty() && events->begin()->first <= time.now())
        events->extract(events->begin()).mapped()();
}

void Stage::kill_soon(std::int64_t handlers) {
  crashes_left += 1;
  const auto within = 1 + static_cast<std::int64_t>(random.below(static_cast<std::uint64_t>(handlers)));
  handlers_until_crash = std::min(handlers_until_crash, within);
}

}  // namespace chunkrd::simulation
