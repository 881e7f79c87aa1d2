#include "pipeline/retention.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

#include "core/escape.h"
#include "inbox/tree.h"
#include "pipeline/sidecar.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using queue::Ended;
using queue::Job;

// A transaction that forgets so many documents, each with a story of ten lines, takes some milliseconds.
constexpr std::size_t kDocumentsAtOnce = 128;
// Each is read through before it is deleted, so fewer; and no more when so much has been read.
constexpr std::size_t kOriginalsAtOnce = 32;
constexpr std::uint64_t kBytesAtOnce = 64u << 20;
constexpr std::size_t kCommandsAtOnce = 512, kEventsAtOnce = 512;

constexpr Duration kShortestRest = 1s, kLongestRest = 1h;
// Somebody may wait for the answer.
constexpr Duration kAnswersAreKept = 1h;
// The budget is by the day, and a clock may be set back.
constexpr Duration kDaysAreKept = 7 * 24h;

// The inboxes of a part, each opened once.
class Inboxes {
 public:
  inbox::Presence look(const Job& job) {
    const auto identity = inbox::Identity::from(job.source_identity);
    const auto& tree = trees_.try_emplace(job.inbox, inbox::Tree::open(job.inbox)).first->second;
    if (!identity || !tree) return inbox::Presence::unclear;
    return inbox::presence_of(*tree, job.name, *identity);
  }

 private:
  std::map<std::string, std::expected<inbox::Tree, inbox::Tree::Error>> trees_;
};

// With the names under which the shelves may have notes of it.
void add_names(std::vector<std::string>& names, const std::string& job_id) {
  for (const char* prefix : {"", "sidecar-", "stale-sidecar-"}) names.push_back(prefix + job_id);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return !path.empty() && std::filesystem::is_directory(path, error);
}

// Where the configuration had its result or its original put before it was changed: only its row knows. What
// cannot be removed there stays, and keeps no row from going.
void forget_elsewhere(const Place& place, const Job& job) {
  const bool usual =
      job.shelf == place.failed.root() || (place.archive && job.shelf == place.archive->root());
  try {
    if (job.outbox != place.rules.outbox && is_folder(job.outbox))
      outbox::Outbox(job.outbox, outbox::Layout::flat).forget({job.id});
    std::vector<std::string> notes;
    add_names(notes, job.id);
    if (!usual && is_folder(job.shelf)) outbox::Shelf(std::filesystem::path(job.shelf)).forget(notes);
  } catch (const std::system_error& error) {
    spdlog::debug("retention: what is left of job {} in {} stays: {}", job.id, printable(job.outbox),
                  error.what());
  }
}

}  // namespace

// Not at once at the start: it is the busiest time.
bool Retention::is_time() {
  const WallTime now = context_.clock.now();
  if (!next_round_ || *next_round_ > now + rest()) next_round_ = now + rest();
  return now >= *next_round_;
}

Duration Retention::rest() const {
  const config::Retention& keep = context_.rules->retention;
  Duration shortest = 10 * kLongestRest;
  for (const auto& after : {keep.finished_after, keep.archive_after, keep.events_after})
    if (after) shortest = std::min<Duration>(shortest, *after);
  return std::clamp(shortest / 10, kShortestRest, kLongestRest);
}

awaitable<void> Retention::step() {
  if (std::exchange(anew_, false)) {
    round_.reset();
    next_round_ = context_.clock.now();
  }
  if (!round_ && !is_time()) co_return;
  if (!round_) {
    round_.emplace(Round{});
    co_await begin(Part::originals);
  }
  switch (round_->part) {
    case Part::originals:
      co_return co_await originals();
    case Part::documents:
      co_return co_await documents();
    case Part::commands:
    case Part::events:
    case Part::days:
      co_return co_await bookkeeping();
  }
}

awaitable<void> Retention::begin(Part part) {
  const config::Retention keep = context_.rules->retention;
  round_->part = part;
  round_->at = {};
  round_->looked_at = 0;
  if (part == Part::originals) {
    round_->bound = lifecycle::bound_of(keep.archive_after, keep.archive_keep,
                                        co_await context_.queue.archived(), context_.clock.lived());
  } else if (part == Part::documents) {
    const auto counts = co_await context_.queue.counts();
    std::int64_t there = 0;
    for (int i = 1; i <= queue::kStateCount; ++i)
      if (queue::is_end(static_cast<queue::State>(i))) there += counts[static_cast<std::size_t>(i)];
    round_->bound =
        lifecycle::bound_of(keep.finished_after, keep.finished_keep, there, context_.clock.lived());
  }
}

std::vector<Ended> Retention::over_bound(std::vector<Ended> page) const {
  std::int64_t place = round_->looked_at;
  const auto first_kept = std::ranges::find_if_not(
      page, [&](const Ended& ended) { return lifecycle::is_over(round_->bound, ended.job, place++); });
  page.erase(first_kept, page.end());
  return page;
}

// Each of two rows with one name would be kept from it by the other. The rest has its turn when the older one
// has given it up.
void Retention::each_name_once(std::vector<Ended>& page) {
  std::set<std::pair<std::string, std::string>> names;
  const auto again = std::ranges::find_if_not(page, [&](const Ended& ended) {
    return names.emplace(ended.job.shelf, ended.job.original_name).second;
  });
  page.erase(again, page.end());
}

awaitable<void> Retention::originals() {
  std::vector<Ended> over;
  if (!round_->bound.is_none())
    over = over_bound(co_await context_.queue.ended(queue::Endings::archived, round_->at, kOriginalsAtOnce));
  if (over.empty()) co_return co_await begin(Part::documents);
  each_name_once(over);
  const auto claimed = co_await claimed_by_others(over);
  const auto outcome = co_await on_files(
      [rules = context_.rules, over, claimed] { return remove_originals(*rules, over, claimed); });
  co_await context_.queue.apply_together(outcome.changes);
  count(Pruned::originals, outcome.removed);
  advance(over, outcome);
}

// Somebody may have taken an original away, and a younger document of its name have come to lie there.
awaitable<std::set<std::string>> Retention::claimed_by_others(const std::vector<Ended>& over) {
  std::set<std::string> claimed;
  for (const auto& [mark, job] : over) {
    const auto place = context_.rules->places.find(job.inbox);
    if (place == context_.rules->places.end() || !place->second->archive) continue;
    const std::string shelf = job.shelf.empty() ? place->second->archive->root().native() : job.shelf;
    if (co_await context_.queue.is_claimed_by_another(job, shelf, job.original_name)) claimed.insert(job.id);
  }
  co_return claimed;
}

awaitable<void> Retention::documents() {
  // Of an earlier part that a crash has cut off.
  if (!co_await remove_what_is_left()) co_return co_await begin(Part::commands);
  std::vector<Ended> over;
  if (!round_->bound.is_none())
    over = over_bound(co_await context_.queue.ended(queue::Endings::all, round_->at, kDocumentsAtOnce));
  if (over.empty()) co_return co_await begin(Part::commands);
  const auto outcome = co_await on_files(
      [rules = context_.rules, over, now = context_.clock.lived()] { return forget(*rules, over, now); });
  const auto forgotten = co_await context_.queue.apply_together(outcome.changes);
  count(Pruned::documents, static_cast<std::size_t>(std::ranges::count(forgotten, true)));
  let_go(outcome, over, forgotten);
  advance(over, outcome);
  if (!co_await remove_what_is_left()) co_await begin(Part::commands);
}

// A file that comes back when its row is gone is a new document.
void Retention::let_go(const Outcome& outcome, const std::vector<Ended>& over,
                       const std::vector<bool>& forgotten) const {
  if (!context_.let_go) return;
  for (std::size_t i = 0; i < forgotten.size(); ++i) {
    if (!forgotten[i]) continue;
    const auto& id = std::get<queue::Forgetting>(outcome.changes[i]).id;
    const auto ended = std::ranges::find(over, id, [](const Ended& each) { return each.job.id; });
    context_.let_go(ended->job.inbox, ended->job.name);
  }
}

// False when it could not be done: no further row goes then, so that what is left never grows.
awaitable<bool> Retention::remove_what_is_left() {
  auto left = co_await context_.queue.forgotten(kDocumentsAtOnce);
  if (left.empty()) co_return true;
  const auto failure =
      co_await on_files([rules = context_.rules, left] { return remove_manifests(*rules, left); });
  if (failure.empty()) co_await context_.queue.nothing_left(std::move(left));
  if (!failure.empty()) note_failure(failure);
  co_return failure.empty();
}

awaitable<void> Retention::bookkeeping() {
  const auto after = context_.rules->retention.finished_after;
  const WallTime now = context_.clock.now();
  if (round_->part == Part::events) {
    if (!co_await forget_events()) co_await begin(Part::days);
    co_return;
  }
  if (after && round_->part == Part::commands) {
    const std::size_t forgotten = co_await context_.queue.forget_commands(
        now - std::max<Duration>(*after, kAnswersAreKept), kCommandsAtOnce);
    count(Pruned::commands, forgotten);
    if (forgotten < kCommandsAtOnce) co_await begin(Part::events);
    co_return;
  }
  if (!after && round_->part == Part::commands) {
    co_await begin(Part::events);
    co_return;
  }
  if (after)
    count(Pruned::days, co_await context_.queue.forget_spending(now + context_.clock.ahead() -
                                                                std::max<Duration>(*after, kDaysAreKept)));
  // So that a day without documents counts, too, if the daemon is killed after it.
  co_await context_.queue.apply_together({});
  end();
}

// Whether there may be more.
awaitable<bool> Retention::forget_events() {
  const config::Retention& keep = context_.rules->retention;
  if (!keep.events_after && keep.events_keep == 0) co_return false;
  const auto before =
      keep.events_after ? std::optional(context_.clock.lived() - *keep.events_after) : std::nullopt;
  co_return co_await context_.queue.forget_endings(before, keep.events_keep, kEventsAtOnce) > 0;
}

// Each original, with its sidecar, before the row that knows it.
Retention::Outcome Retention::remove_originals(const Rules& rules, const std::vector<Ended>& over,
                                               const std::set<std::string>& claimed) {
  Outcome outcome;
  std::uint64_t bytes = 0;
  for (const auto& [mark, job] : over) {
    if (bytes > kBytesAtOnce) break;
    outcome.looked_at += 1;
    const auto place = rules.places.find(job.inbox);
    if (place == rules.places.end() || !place->second->archive) continue;
    // Of one part the younger is the last to say so, and its turn comes later.
    if (claimed.contains(job.id)) {
      outcome.changes.emplace_back(lifecycle::after_pruning(job, outbox::Removal::another));
      continue;
    }
    bytes += job.size_bytes;
    try {
      const Place home = home_of(*place->second, job);
      const auto removal = home.archive->remove(job.original_name, job.sha256);
      if (removal != outbox::Removal::another)
        sidecar::remove_archived(*home.archive, job, job.original_name);
      outcome.removed += removal == outbox::Removal::removed;
      outcome.changes.emplace_back(lifecycle::after_pruning(job, removal));
    } catch (const std::exception& error) {
      outcome.failures.push_back(
          fmt::format("job={} name=\"{}\": {}", job.id, printable(job.name), error.what()));
    }
  }
  return outcome;
}

Retention::Outcome Retention::forget(const Rules& rules, const std::vector<Ended>& over, WallTime now) {
  Outcome outcome;
  outcome.looked_at = over.size();
  Inboxes inboxes;
  for (const auto& [mark, job] : over) {
    const auto place = rules.places.find(job.inbox);
    if (place == rules.places.end()) continue;
    const lifecycle::Remains remains{inboxes.look(job), place->second->rules.originals,
                                     place->second->archive && rules.retention.prunes_archive()};
    if (!lifecycle::may_be_forgotten(job, remains, now)) continue;
    forget_elsewhere(*place->second, job);
    outcome.changes.emplace_back(queue::Forgetting{job.id, job.state, job.lease});
  }
  return outcome;
}

// Why it failed; empty if it did not. Of an inbox that is not configured any more nobody knows where they
// are.
std::string Retention::remove_manifests(const Rules& rules, const std::vector<queue::Forgotten>& documents) {
  std::map<std::string, std::vector<std::string>> by_inbox;
  for (const auto& [id, inbox] : documents) by_inbox[inbox].push_back(id);
  try {
    for (const auto& [inbox, ids] : by_inbox) {
      const auto place = rules.places.find(inbox);
      if (place == rules.places.end()) continue;
      std::vector<std::string> notes;
      for (const std::string& id : ids) add_names(notes, id);
      place->second->open_outbox().forget(ids);
      place->second->failed.forget(notes);
      if (place->second->archive) place->second->archive->forget(notes);
    }
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

void Retention::note_failure(const std::string& failure) {
  round_->failures += 1;
  if (round_->failure.empty()) round_->failure = failure;
}

void Retention::advance(const std::vector<Ended>& page, const Outcome& outcome) {
  round_->looked_at += static_cast<std::int64_t>(outcome.looked_at);
  if (outcome.looked_at > 0) round_->at = page[outcome.looked_at - 1].mark;
  for (const std::string& failure : outcome.failures) note_failure(failure);
}

void Retention::count(Pruned what, std::size_t number) {
  round_->pruned[static_cast<std::size_t>(what)] += number;
  if (number > 0) context_.observer.on_pruned(what, number);
}

void Retention::end() {
  const auto& [documents, originals, commands, days] = round_->pruned;
  if (documents + originals + commands + days > 0)
    spdlog::info("retention: pruned documents={} originals={} commands={} days={}", documents, originals,
                 commands, days);
  if (round_->failures > 0)
    spdlog::warn("retention: {} could not be pruned and stay until the next round: {}", round_->failures,
                 round_->failure);
  round_.reset();
  next_round_ = context_.clock.now() + rest();
}

}  // namespace chunkrd::pipeline
