// A real daemon at work, watched by a real Prometheus: what the dashboard asks for is there, and an alert
// goes from pending to firing when the daemon gets into trouble. One of each for all tests.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/algorithm/string/replace.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value_to.hpp>
#include <cmath>
#include <memory>
#include <regex>
#include <set>

#include "tests/monitoring/prometheus.h"
#include "tests/support/file_text.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace json = boost::json;
using ::testing::IsEmpty;

constexpr const char* kRules = R"(
- {match: {operation: create, file_name: "refused*"}, do: {respond: {status: 401, body: "Invalid API key"}}}
- {match: {operation: create, file_name: "busy*", first: 1}, do: {respond: {status: 503, body: "busy"}}}
- {match: {operation: create, file_name: "lost*", first: 1}, do: {drop_answer: true}}
- {match: {file_name: "bad*"}, do: {parse: {fail: "no text in it"}}}
- {match: {file_name: "slow*"}, do: {parse: {stay: Processing}}}
- do: {parse: {instead: text}}
)";

std::string source(const std::string& file) {
  const std::string text = file_text(CHUNKRD_SOURCE_DIR "/" + file);
  if (text.empty()) throw std::runtime_error("no " + file);
  return text;
}

class Watched : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    home = std::make_unique<Installation>();
    home->profile_options = "parse: {expires_in: 86400}, attempts: 1";
    // A hook that takes nothing, so that there is something to see.
    home->inbox_options = "settle: 50ms, notify: {command: [/bin/false]}";
    home->limits = "submits_per_second: 1000, pages_per_day: 1000, documents_per_day: 1000";
    home->start_service(kRules);
    home->start_daemon();
    // From `pending` to `firing` within the patience of a test.
    prometheus = std::make_unique<Prometheus>(
        home->metrics_port(),
        boost::replace_all_copy(source("metrics/alerts/chunkrd.rules.yml"), "for: 2m", "for: 2s"));
    // Only now: rate() needs a sample from before.
    for (const char* name : {"a.md", "b.md", "c.md", "bad.md", "lost.md", "busy.md"})
      home->drop(name, "# This is " + std::string(name));
    if (!home->wait_for_ends(6)) throw std::runtime_error(home->daemon_log());
    home->drop("slow.md", "# This one stays");
    home->daemon().signal(SIGHUP);
  }
  static void TearDownTestSuite() {
    prometheus.reset();
    home.reset();
  }

  static bool has(const std::string& expression) { return !prometheus->query(expression).empty(); }

  static std::unique_ptr<Installation> home;
  static std::unique_ptr<Prometheus> prometheus;
};
std::unique_ptr<Installation> Watched::home;
std::unique_ptr<Prometheus> Watched::prometheus;

TEST_F(Watched, AnAlertGoesFromPendingToFiringWhenTheKeyIsRefused) {
  EXPECT_EQ(prometheus->state_of("ChunkrdPausedForKey"), "inactive");
  home->drop("refused.md", "# With a key that was revoked");
  EXPECT_TRUE(eventually([] { return prometheus->state_of("ChunkrdPausedForKey") != "inactive"; }));
  EXPECT_TRUE(eventually([] { return prometheus->state_of("ChunkrdPausedForKey") == "firing"; }));
  EXPECT_THAT(
      prometheus->query("count_over_time(ALERTS{alertname='ChunkrdPausedForKey',alertstate='pending'}[1m])"),
      ::testing::Not(IsEmpty()));
  EXPECT_EQ(prometheus->state_of("ChunkrdPausedForDisk"), "inactive");
  EXPECT_THAT(prometheus->rule_errors(), IsEmpty());
}

// What is there only in trouble that this daemon is not in, or while a step happens to run.
const std::set<std::string> kMayBeEmpty = {"Longest running step", "Dead letters by reason"};

std::string substituted(std::string expression) {
  for (const auto& [variable, value] :
       {std::pair{"$job", ".+"}, {"$instance", ".+"}, {"$inbox", ".+"}, {"$__rate_interval", "5m"}})
    boost::replace_all(expression, variable, value);
  return expression;
}

bool is_finite(const json::value& sample) {
  return std::isfinite(std::stod(json::value_to<std::string>(sample.at("value").at(1))));
}

std::set<std::string> labels_in(const std::string& legend) {
  static const std::regex kLabel(R"(\{\{\s*(\w+)\s*\}\})");
  std::set<std::string> labels;
  for (auto at = std::sregex_iterator(legend.begin(), legend.end(), kLabel); at != std::sregex_iterator();
       ++at)
    labels.insert((*at)[1]);
  return labels;
}

void look_at(const Prometheus& prometheus, const json::object& panel) {
  const auto title = json::value_to<std::string>(panel.at("title"));
  for (const auto& target : panel.at("targets").as_array()) {
    const auto expression = substituted(json::value_to<std::string>(target.at("expr")));
    const auto result = prometheus.query(expression);
    if (!kMayBeEmpty.contains(title)) {
      EXPECT_TRUE(std::ranges::any_of(result, is_finite)) << title << ": nothing for " << expression;
    }
    for (const auto& label : labels_in(json::value_to<std::string>(target.at("legendFormat"))))
      for (const auto& sample : result)
        EXPECT_TRUE(sample.at("metric").as_object().contains(label)) << title << ": no label " << label;
  }
}

TEST_F(Watched, EveryPanelOfTheDashboardHasSomethingToShow) {
  // Rates need a sample after the last event; a document waits, and the folders were looked at.
  ASSERT_TRUE(eventually([] {
    return has("increase(chunkrd_documents_total{outcome='delivered'}[5m]) > 0") &&
           has("chunkrd_queue_oldest_state_timestamp_seconds") && has("chunkrd_folder_free_bytes") &&
           has("rate(chunkrd_document_duration_seconds_count[5m]) > 0");
  }));
  const auto dashboard = json::parse(source("metrics/grafana/chunkrd.json"));
  int panels = 0;
  for (const auto& panel : dashboard.at("panels").as_array()) {
    if (panel.at("type") == "row") continue;
    look_at(*prometheus, panel.as_object());
    ++panels;
  }
  EXPECT_GT(panels, 30);
  for (const auto& annotation : dashboard.at("annotations").at("list").as_array())
    EXPECT_TRUE(has(substituted(json::value_to<std::string>(annotation.at("expr")))));
  static const std::regex kLabelValues(R"(label_values\((.+), (\w+)\))");
  for (const auto& variable : dashboard.at("templating").at("list").as_array()) {
    if (variable.at("type") != "query") continue;
    std::smatch parts;
    const auto query = json::value_to<std::string>(variable.at("query").at("query"));
    ASSERT_TRUE(std::regex_match(query, parts, kLabelValues)) << query;
    const auto values =
        prometheus->query("count by (" + parts[2].str() + ") (" + substituted(parts[1]) + ")");
    EXPECT_THAT(values, ::testing::Not(IsEmpty())) << query;
  }
}

TEST_F(Watched, PromtoolHasNothingToSayAboutTheLivePage) {
  const auto page = home->folder() / "metrics.txt";
  write_file(page, home->metrics());
  Process promtool({"/bin/sh", "-c", "promtool check metrics < " + page.native()},
                   home->folder() / "promtool.log");
  const auto ended = promtool.wait(std::chrono::seconds(30));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 0);
  EXPECT_EQ(read_file(home->folder() / "promtool.log"), "");
}

}  // namespace
}  // namespace chunkrd::tests
