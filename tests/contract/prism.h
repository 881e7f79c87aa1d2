#pragma once

#include <string>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/process.h"

namespace chunkrd::contract {

/// Prism on a port of its own: answers with the contract's examples, and refuses with 400 what is not a
/// request of the contract.
class Prism {
 public:
  /// Throws std::runtime_error with what Prism said when it does not start.
  Prism();

  /// "http://127.0.0.1:34567"
  const std::string& url() const { return url_; }

 private:
  tests::TemporaryFolder folder_;
  tests::Process process_;
  std::string url_;
};

}  // namespace chunkrd::contract
