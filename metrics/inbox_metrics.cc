#include "metrics/inbox_metrics.h"

#include "core/escape.h"

namespace chunkrd::metrics {
namespace {

prometheus::Family<prometheus::Counter>& counter(prometheus::Registry& registry, const char* name,
                                                 const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

prometheus::Family<prometheus::Gauge>& gauge(prometheus::Registry& registry, const char* name,
                                             const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry);
}

void grow(prometheus::Counter& counter, std::uint64_t before, std::uint64_t now) {
  counter.Increment(static_cast<double>(now >= before ? now - before : now));
}

}  // namespace

InboxMetrics::InboxMetrics(prometheus::Registry& registry)
    : scans_(counter(registry, "chunkrd_inbox_scans_total", "Scans of the whole inbox.")),
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
      .try_emplace(folder, Series{scans_.Add(labels), overflows_.Add(labels), refused_.Add(labels),
                                  settling_.Add(labels), unclaimed_.Add(labels), available_.Add(labels),
                                  InboxNumbers{}})
      .first->second;
}

void InboxMetrics::set(const std::string& folder, const InboxNumbers& now) {
  Series& inbox = series(folder);
  grow(inbox.scans, inbox.last.scans, now.scans);
  grow(inbox.overflows, inbox.last.overflows, now.overflows);
  grow(inbox.refused, inbox.last.refused, now.refused);
  inbox.settling.Set(static_cast<double>(now.settling));
  inbox.unclaimed.Set(static_cast<double>(now.unclaimed));
  inbox.available.Set(now.available ? 1 : 0);
  inbox.last = now;
}

void InboxMetrics::forget(const std::string& folder) {
  const auto known = by_folder_.find(folder);
  if (known == by_folder_.end()) return;
  scans_.Remove(&known->second.scans);
  overflows_.Remove(&known->second.overflows);
  refused_.Remove(&known->second.refused);
  settling_.Remove(&known->second.settling);
  unclaimed_.Remove(&known->second.unclaimed);
  available_.Remove(&known->second.available);
  by_folder_.erase(known);
}

}  // namespace chunkrd::metrics
