#include "tests/monitoring/prometheus.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cctype>
#include <stdexcept>

#include "tests/support/http_server.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace json = boost::json;

std::string encoded(const std::string& text) {
  std::string url;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    url += std::isalnum(byte) != 0 ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return url;
}

}  // namespace

Prometheus::Prometheus(int target_port, const std::string& rules) : port_(test::unused_port()) {
  write_file(folder_ / "rules.yml", rules);
  write_file(folder_ / "prometheus.yml",
             fmt::format("global: {{scrape_interval: 1s, evaluation_interval: 1s}}\n"
                         "rule_files: [rules.yml]\n"
                         "scrape_configs:\n"
                         "  - {{job_name: chunkrd, static_configs: [{{targets: ['127.0.0.1:{}']}}]}}\n",
                         target_port));
  process_.emplace(
      std::vector<std::string>{PROMETHEUS_PROGRAM, "--config.file=" + (folder_ / "prometheus.yml").native(),
                               "--storage.tsdb.path=" + (folder_ / "data").native(),
                               fmt::format("--web.listen-address=127.0.0.1:{}", port_), "--log.level=warn"},
      folder_ / "log");
  const auto scraped = [this] {
    try {
      return !query("up == 1").empty();
    } catch (const std::runtime_error&) {
      return false;
    }
  };
  if (!eventually([&] { return scraped() || !process_->running(); }) || !process_->running())
    throw std::runtime_error("prometheus: " + read_file(folder_ / "log"));
}

json::value Prometheus::ask(const std::string& path) const {
  const auto answer = json::parse(http_get(port_, path).body);
  if (answer.at("status") != "success") throw std::runtime_error(json::serialize(answer));
  return answer.at("data");
}

json::array Prometheus::query(const std::string& expression) const {
  return ask("/api/v1/query?query=" + encoded(expression)).at("result").as_array();
}

std::string Prometheus::state_of(const std::string& alert) const {
  for (const auto& group : ask("/api/v1/rules").at("groups").as_array())
    for (const auto& rule : group.at("rules").as_array())
      if (rule.at("name") == json::value(alert)) return json::value_to<std::string>(rule.at("state"));
  throw std::runtime_error("no rule " + alert);
}

std::vector<std::string> Prometheus::rule_errors() const {
  std::vector<std::string> errors;
  for (const auto& group : ask("/api/v1/rules").at("groups").as_array())
    for (const auto& rule : group.at("rules").as_array())
      if (rule.at("health") == "err")
        errors.push_back(json::serialize(rule.at("name")) + ": " + json::serialize(rule.at("lastError")));
  return errors;
}

}  // namespace chunkrd::tests
