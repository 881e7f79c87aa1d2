#include "cli/process/tally.h"

namespace chunkrd::cli::process {
namespace {

using queue::State;

// An empty document takes its time, too.
constexpr std::uint64_t kWorkOfADocument = 100'000;

std::uint64_t work_of(const Document& document) {
  return kWorkOfADocument + document.arrival.identity.size_bytes;
}

std::string key_of(const std::string& inbox, const std::string& name) {
  return inbox + '\0' + name;
}

}  // namespace

Stage stage_of(State state) noexcept {
  switch (state) {
    case State::claiming:
    case State::ready:
    case State::retrying:
    case State::updating:
      return Stage::waiting;
    case State::done:
      return Stage::delivered;
    case State::failed:
    case State::cancelled:
    case State::vanished:
      return Stage::failed;
    default:
      return Stage::parsing;
  }
}

Tally::Tally(std::vector<Document> documents) {
  for (Document& document : documents) {
    by_name_.emplace(key_of(document.inbox, document.arrival.name), entries_.size());
    bytes_to_send_ += document.arrival.identity.size_bytes;
    entries_.push_back({.document = std::move(document)});
    count_in(entries_.back());
  }
}

void Tally::count_in(const Entry& entry) {
  counts_[static_cast<std::size_t>(entry.stage)] += 1;
  work_[static_cast<std::size_t>(entry.stage)] += work_of(entry.document);
}

void Tally::count_out(const Entry& entry) {
  counts_[static_cast<std::size_t>(entry.stage)] -= 1;
  work_[static_cast<std::size_t>(entry.stage)] -= work_of(entry.document);
}

void Tally::adopt(Entry& entry, const queue::Job& job) {
  const Stage stage = stage_of(job.state);
  if (stage != Stage::waiting || job.state == State::updating)
    bytes_to_send_ -= entry.document.arrival.identity.size_bytes;
  move(entry, job);
}

void Tally::fail(Entry& entry, const queue::Job& why) {
  queue::Job failed = why;
  failed.state = State::failed;
  adopt(entry, failed);
}

void Tally::move(Entry& entry, const queue::Job& job) {
  count_out(entry);
  entry.job = job;
  entry.stage = stage_of(job.state);
  // It may not be taken, which can change, but hardly while this command runs.
  if (job.state == State::claiming && !job.error_code.empty()) entry.stage = Stage::failed;
  if (entry.stage == Stage::delivered && !entry.wanted_settings_hash.empty() &&
      entry.wanted_settings_hash != job.settings_hash) {
    entry.stage = Stage::failed;
    if (entry.job.error_message.empty())
      entry.job.error_message = "the new settings came to nothing; the earlier result stays";
  }
  count_in(entry);
}

const Tally::Entry* Tally::heard(const queue::Job& job) {
  const auto found = by_name_.find(key_of(job.inbox, job.name));
  if (found == by_name_.end()) return nullptr;
  Entry& entry = entries_[found->second];
  // An older file of the same name may have a row that is not at its end yet.
  if (entry.job.id.empty() ? job.source_identity != entry.document.arrival.identity.text()
                           : job.id != entry.job.id)
    return nullptr;
  const auto has_ended = [&] { return entry.stage == Stage::delivered || entry.stage == Stage::failed; };
  const bool had_ended = has_ended();
  move(entry, job);
  if (had_ended || !has_ended()) return nullptr;
  if (entry.stage == Stage::delivered && job.reused_from.empty()) pages_ += job.pages.value_or(0);
  return &entry;
}

}  // namespace chunkrd::cli::process
