#pragma once

#include <boost/json/value.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::config {

/// What NAME.chunkr.yaml says about the document NAME. What it leaves out is the profile's.
struct Sidecar {
  std::optional<std::string> profile;
  boost::json::value parse;  ///< CreateForm's fields that are to be other than the profile's; see merged()
  std::optional<int> priority;
};

/// Reads the sidecar `file`, which people know as `shown_as`, by the rules of the configuration file.
/// `profiles`: names that it may refer to. Throws ConfigErrors with everything that is wrong with it.
/// Blocking.
Sidecar read_sidecar(const std::filesystem::path& file, const std::filesystem::path& shown_as,
                     const std::vector<std::string>& profiles);

/// `settings` (a profile's `parse`, canonical JSON) with `parse` in it, field by field: null is the service's
/// default, and a value that is one of several kinds (tokenizer, fallback_strategy) is replaced whole.
std::string merged(const std::string& settings, const boost::json::value& parse);

}  // namespace chunkrd::config
