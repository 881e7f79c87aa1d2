#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::config {

/// A release of the service: 1.14.
struct Release {
  int major = 0, minor = 0;
  auto operator<=>(const Release&) const = default;
};

/// The one that GET /health names: "OK - Version 1.14.2". None before 1.4.
std::optional<Release> release_in(std::string_view health);

/// For each of the `parse` settings (canonical JSON) that servers of `release` do not read: what it needs,
/// "segment_processing.Table.format needs server 2.0 or later". Servers skip what they do not know, silently.
std::vector<std::string> settings_out_of(std::string_view parse, Release release);

}  // namespace chunkrd::config
