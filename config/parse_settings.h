#pragma once

#include <boost/json/value.hpp>
#include <string>
#include <vector>

#include "config/entry.h"

namespace chunkrd::config {

/// Reads a `parse:` map: the contract's CreateForm without the document, every field checked for its type,
/// its values and its range. The result is canonical JSON: keys sorted, no spaces. What is null is left
/// out, because the contract gives null the meaning of "absent" wherever it allows it.
Reader<std::string> parse_settings();

/// The same, as what is to replace other settings: with null where the service's default is asked for.
Reader<boost::json::value> parse_overrides();

/// `value` without those members of its objects that are null: absent and null mean the same to the service.
boost::json::value without_nulls(boost::json::value value);

/// The keys inside `parse:`: ".chunk_processing.target_length" and so on.
std::vector<std::string> parse_setting_keys();

/// JSON with sorted keys and no spaces; a number without a fraction is written without one.
std::string canonical(const boost::json::value& value);

}  // namespace chunkrd::config
