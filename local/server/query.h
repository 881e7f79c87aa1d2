#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::local::server {

/// A query that does not parse: 400 with this text, "Query deserialize error: ...".
class BadQuery : public std::runtime_error {
 public:
  explicit BadQuery(std::string_view what)
      : std::runtime_error(std::string("Query deserialize error: ") + std::string(what)) {}
};

/// The last parameter of that name in `query`, decoded; nothing if there is none.
std::optional<std::string> parameter(std::string_view query, std::string_view name);

/// All three throw BadQuery when the parameter is there and does not read as what is wanted.
bool flag_parameter(std::string_view query, std::string_view name, std::string_view absent);
std::optional<std::int64_t> integer_parameter(std::string_view query, std::string_view name);
std::optional<WallTime> time_parameter(std::string_view query, std::string_view name);

/// A path segment or parameter with its %XX undone; '+' stays.
std::string percent_decoded(std::string_view text);

}  // namespace chunkrd::local::server
