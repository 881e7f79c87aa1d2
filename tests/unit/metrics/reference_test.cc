// docs/metrics.md is made from what is registered: cmake --build --preset release --target metrics_reference
// writes it.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <set>

#include "metrics/process_metrics.h"
#include "tests/support/file_text.h"
#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

constexpr const char* kFile = CHUNKRD_DOCS "/metrics.md";

constexpr const char* kIntroduction = R"(# Metrics

Made from the program by `cmake --build --preset release --target metrics_reference`; a test compares it with what is exported.
The daemon serves them at `metrics.listen`, `http://127.0.0.1:9464/metrics` unless configured otherwise, in Prometheus' text
format. `metrics/grafana/chunkrd.json` shows them, `metrics/alerts/chunkrd.rules.yml` watches them.

* Times are seconds, sizes bytes. What has happened is a time since 1970 (`..._timestamp_seconds`), never an age:
  `time() - chunkrd_oldest_waiting_document_timestamp_seconds` goes on growing when the daemon hangs.
* Every series with a fixed set of labels is there from the start, at 0, so that `rate()` sees the first event.
* No label is a document's name, an id or a text: `inbox` and `path` are folders of the configuration (bytes that are no text as
  `%XX`), everything else is from the lists below. An inbox that leaves the configuration takes its series along.
* A scrape reads what the daemon has counted. It neither asks the queue nor waits for it, for a disk or for the event loop; the
  gauges of the queue are read every two seconds, from counters and the ends of indices, however long the queue is.

| metric | type | labels | meaning |
|---|---|---|---|
)";

const char* name_of(prometheus::MetricType type) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Histogram:
      return "histogram";
    default:
      return "?";
  }
}

std::string labels_of(const prometheus::MetricFamily& family) {
  std::map<std::string, std::vector<std::string>> values;
  for (const auto& metric : family.metric)
    for (const auto& label : metric.label) {
      auto& known = values[label.name];
      if (std::ranges::find(known, label.value) == known.end()) known.push_back(label.value);
    }
  // The values are the configuration's or the program's own; or there are more of them, but absent now.
  static const std::set<std::string> kOpen = {"inbox", "path", "version", "folder", "hook"};
  const bool sometimes = family.name.find("oldest_") != std::string::npos;
  std::string text;
  for (auto& [name, known] : values) {
    std::ranges::sort(known);
    if (!text.empty()) text += "; ";
    text += "`" + name + "`";
    if (!kOpen.contains(name) && !sometimes) text += fmt::format(": {}", fmt::join(known, ", "));
  }
  return text;
}

std::string reference() {
  DaemonMetrics metrics("1.2.3");
  populate(metrics);
  const ProcessMetrics process;
  auto families = metrics.registry().Collect();
  std::ranges::move(process.Collect(), std::back_inserter(families));
  std::ranges::sort(families, {}, &prometheus::MetricFamily::name);
  std::string text = kIntroduction;
  for (const auto& family : families)
    text += fmt::format("| `{}` | {} | {} | {} |\n", family.name, name_of(family.type), labels_of(family),
                        family.help);
  return text;
}

TEST(TheReferenceOfMetrics, IsWhatIsRegistered) {
  const std::string wanted = reference();
  if (std::getenv("CHUNKRD_WRITE_DOCS") != nullptr) {
    std::ofstream(kFile) << wanted;
    return;
  }
  EXPECT_EQ(tests::file_text(kFile), wanted)
      << "cmake --build --preset release --target metrics_reference writes it anew";
}

}  // namespace
}  // namespace chunkrd::metrics
