#pragma once

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/process.h"

namespace chunkrd::tests {

/// A real Prometheus, Debian's, that scrapes one target every second and evaluates rules as often.
class Prometheus {
 public:
  /// Waits until the target was scraped. `rules`: the text of a rule file. Throws std::runtime_error.
  Prometheus(int target_port, const std::string& rules);

  /// The result of an instant query: a list of {metric, value}. Throws what Prometheus says against it.
  boost::json::array query(const std::string& expression) const;

  /// "inactive", "pending" or "firing".
  std::string state_of(const std::string& alert) const;
  /// How many rules could not be evaluated.
  std::vector<std::string> rule_errors() const;

 private:
  boost::json::value ask(const std::string& path) const;

  TemporaryFolder folder_;
  int port_;
  std::optional<Process> process_;
};

}  // namespace chunkrd::tests
