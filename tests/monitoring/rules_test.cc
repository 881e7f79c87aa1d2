// What promtool does not say about the alert rules.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/support/file_text.h"

namespace chunkrd {
namespace {

const std::filesystem::path kSource = CHUNKRD_SOURCE_DIR;

struct Alert {
  std::string name, severity, expression, summary, description, runbook;
};

std::vector<Alert> alerts() {
  std::vector<Alert> all;
  const YAML::Node rules = YAML::LoadFile(kSource / "metrics/alerts/chunkrd.rules.yml");
  for (const auto& group : rules["groups"])
    for (const auto& rule : group["rules"]) {
      if (!rule["alert"]) continue;
      const YAML::Node told = rule["annotations"];
      all.push_back({rule["alert"].as<std::string>(), rule["labels"]["severity"].as<std::string>(),
                     rule["expr"].as<std::string>(), told["summary"].as<std::string>(),
                     told["description"].as<std::string>(), told["runbook_url"].as<std::string>()});
    }
  return all;
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

TEST(EveryAlert, SaysHowBadItIsWhatItIsAndWhereToReadOn) {
  ASSERT_GE(alerts().size(), 20U);
  for (const Alert& alert : alerts()) {
    EXPECT_TRUE(alert.name.starts_with("Chunkrd")) << alert.name;
    EXPECT_THAT(alert.severity, ::testing::AnyOf("critical", "warning", "info")) << alert.name;
    EXPECT_TRUE(alert.summary.ends_with('.')) << alert.name;
    EXPECT_EQ(alert.summary.find("{{"), std::string::npos) << alert.name << ": a summary is the same for all";
    EXPECT_NE(alert.description.find("{{ $labels.instance }}"), std::string::npos) << alert.name;
    EXPECT_EQ(alert.runbook, "docs/operations.md#" + lower(alert.name));
  }
}

TEST(EveryAlert, IsTestedInACaseInWhichItFiresAndInOneInWhichItDoesNot) {
  std::map<std::string, std::set<bool>> cases;
  for (const char* file : {"rules.test.yml", "rules.long.test.yml"}) {
    const YAML::Node tests = YAML::LoadFile(kSource / "tests/monitoring" / file);
    for (const auto& test : tests["tests"]) {
      const auto title = test["name"].as<std::string>();
      for (const auto& expected : test["promql_expr_test"])
        cases[title.substr(0, title.find(':'))].insert(expected["exp_samples"].size() > 0);
    }
  }
  for (const Alert& alert : alerts()) EXPECT_EQ(cases[alert.name].size(), 2U) << alert.name;
  EXPECT_EQ(cases.size(), alerts().size());
}

TEST(EveryAlert, IsInTheRunbook) {
  const std::string runbook = tests::file_text(kSource / "docs/operations.md");
  for (const Alert& alert : alerts())
    EXPECT_NE(lower(runbook).find("# " + lower(alert.name) + "\n"), std::string::npos)
        << "docs/operations.md has no heading " << alert.name;
}

// A metric that was renamed would leave a rule that never fires.
TEST(EveryAlert, AsksForMetricsThatThereAre) {
  const std::string reference = tests::file_text(kSource / "docs/metrics.md");
  for (const Alert& alert : alerts())
    for (auto at = alert.expression.find("chunkrd_"); at != std::string::npos;
         at = alert.expression.find("chunkrd_", at + 1)) {
      if (at > 0 && alert.expression[at - 1] == ':') continue;  // a rule of our own
      const auto end = alert.expression.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
      const std::string name = alert.expression.substr(at, end - at);
      EXPECT_NE(reference.find("| `" + name + "` |"), std::string::npos) << alert.name << ": " << name;
    }
}

}  // namespace
}  // namespace chunkrd
