#include "metrics/inbox_metrics.h"

#include "core/escape.h"
#include "metrics/labels.h"

namespace chunkrd::metrics {
namespace {

template <class Number>
void grow(prometheus::Counter& counter, Number before, Number now) {
  counter.Increment(static_cast<double>(now >= before ? now - before : now));
}

}  // namespace

InboxMetrics::InboxMetrics(prometheus::Registry& registry)
    : found_(counter(registry, "chunkrd_inbox_found_documents_total",
                     "Documents of the inbox that have settled and came into the queue.")),
      found_bytes_(counter(registry, "chunkrd_inbox_found_bytes_total", "Bytes of these documents.")),
      ended_(counter(registry, "chunkrd_inbox_ended_documents_total",
                     "Documents of the inbox that came to an end, by outcome; the series end with the inbox, "
                     "chunkrd_documents_total goes on.")),
      events_(counter(registry, "chunkrd_inbox_watch_events_total",
                      "Times the kernel told of changes, of any number of names each.")),
      entries_(
          counter(registry, "chunkrd_inbox_scanned_entries_total", "Files and folders that scans have met.")),
      scan_seconds_(counter(registry, "chunkrd_inbox_scan_seconds_total", "Time that scans took.")),
      last_scan_(gauge(registry, "chunkrd_inbox_last_scan_timestamp_seconds",
                       "When the last scan ended, since 1970; absent before the first.")),
      scans_(counter(registry, "chunkrd_inbox_scans_total", "Scans of the whole inbox.")),
      overflows_(counter(registry, "chunkrd_inbox_watch_overflows_total",
                         "Times the kernel dropped events and the inbox was scanned instead.")),
      refused_(counter(registry, "chunkrd_inbox_refused_files_total",
                       "Things in the inbox that are no documents: links, FIFOs, devices, sockets.")),
      settling_(
          gauge(registry, "chunkrd_inbox_settling_documents", "Files that wait until they stop changing.")),
      unclaimed_(gauge(registry, "chunkrd_inbox_unclaimed_documents",
                       "Files that nobody works on: they cannot be looked at, have to wait, or lie there "
                       "although their documents have ended.")),
      available_(gauge(registry, "chunkrd_inbox_available",
                       "1 if the folder can be read, 0 if not (for example not mounted).")) {}

InboxMetrics::Series& InboxMetrics::series(const std::string& folder) {
  if (const auto known = by_folder_.find(folder); known != by_folder_.end()) return known->second;
  // Labels are UTF-8; a folder's name may be any bytes.
  const prometheus::Labels labels{{"inbox", printable(folder)}};
  return by_folder_
      .try_emplace(folder, Series{found_.Add(labels),
                                  found_bytes_.Add(labels),
                                  outcomes(labels),
                                  events_.Add(labels),
                                  entries_.Add(labels),
                                  scan_seconds_.Add(labels),
                                  {last_scan_, labels},
                                  scans_.Add(labels),
                                  overflows_.Add(labels),
                                  refused_.Add(labels),
                                  settling_.Add(labels),
                                  unclaimed_.Add(labels),
                                  available_.Add(labels),
                                  InboxNumbers{}})
      .first->second;
}

std::array<prometheus::Counter*, queue::kStateCount + 1> InboxMetrics::outcomes(prometheus::Labels labels) {
  std::array<prometheus::Counter*, queue::kStateCount + 1> counters{};
  for (const auto& [state, label, step] : kOutcomes) {
    labels["outcome"] = label;
    counters[index(state)] = &ended_.Add(labels);
  }
  return counters;
}

void InboxMetrics::set(const std::string& folder, const InboxNumbers& numbers, WallTime now) {
  Series& inbox = series(folder);
  grow(inbox.events, inbox.last.events, numbers.events);
  grow(inbox.entries, inbox.last.entries, numbers.entries);
  grow(inbox.scan_seconds, inbox.last.scanning.count(), numbers.scanning.count());
  if (numbers.scans > 0 && numbers.scans != inbox.last.scans) inbox.last_scan.set(seconds(now));
  grow(inbox.scans, inbox.last.scans, numbers.scans);
  grow(inbox.overflows, inbox.last.overflows, numbers.overflows);
  grow(inbox.refused, inbox.last.refused, numbers.refused);
  inbox.settling.Set(static_cast<double>(numbers.settling));
  inbox.unclaimed.Set(static_cast<double>(numbers.unclaimed));
  inbox.available.Set(numbers.available ? 1 : 0);
  inbox.last = numbers;
}

void InboxMetrics::found(const std::string& folder, std::uint64_t bytes) {
  const auto known = by_folder_.find(folder);
  if (known == by_folder_.end()) return;
  known->second.found.Increment();
  known->second.found_bytes.Increment(static_cast<double>(bytes));
}

void InboxMetrics::ended(const std::string& folder, queue::State outcome) {
  const auto known = by_folder_.find(folder);
  if (known == by_folder_.end()) return;
  if (auto* counter = known->second.ended[index(outcome)]) counter->Increment();
}

void InboxMetrics::forget(const std::string& folder) {
  const auto known = by_folder_.find(folder);
  if (known == by_folder_.end()) return;
  found_.Remove(&known->second.found);
  found_bytes_.Remove(&known->second.found_bytes);
  for (auto* counter : known->second.ended)
    if (counter != nullptr) ended_.Remove(counter);
  events_.Remove(&known->second.events);
  entries_.Remove(&known->second.entries);
  scan_seconds_.Remove(&known->second.scan_seconds);
  known->second.last_scan.clear();
  scans_.Remove(&known->second.scans);
  overflows_.Remove(&known->second.overflows);
  refused_.Remove(&known->second.refused);
  settling_.Remove(&known->second.settling);
  unclaimed_.Remove(&known->second.unclaimed);
  available_.Remove(&known->second.available);
  by_folder_.erase(known);
}

}  // namespace chunkrd::metrics
