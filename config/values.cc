#include "config/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

#include "config/nearest.h"

namespace chunkrd::config {
namespace {

using std::chrono::milliseconds;

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit kTimeUnits[] = {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}};
constexpr Unit kSizeUnits[] = {
    {"TiB", std::uint64_t{1} << 40},
    {"TB", 1'000'000'000'000},
    {"GiB", std::uint64_t{1} << 30},
    {"GB", 1'000'000'000},
    {"MiB", std::uint64_t{1} << 20},
    {"MB", 1'000'000},
    {"KiB", std::uint64_t{1} << 10},
    {"kB", 1000},
    {"KB", 1000},
    {"B", 1},
};

template <class Number>
std::optional<Number> whole(std::string_view text) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// "12GB" as 12 * 10^9; nothing if it is no such thing. What does not fit is the largest number there is,
// which no range allows.
std::optional<std::uint64_t> with_unit(std::string_view text, std::span<const Unit> units,
                                       std::uint64_t factor_without) {
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return std::nullopt;
  const std::string_view unit = text.substr(digits);
  const auto known = std::ranges::find(units, unit, &Unit::name);
  if (!unit.empty() && known == units.end()) return std::nullopt;
  const std::uint64_t factor = unit.empty() ? factor_without : known->factor;
  constexpr auto kMost = std::numeric_limits<std::uint64_t>::max();
  const std::uint64_t count = whole<std::uint64_t>(text.substr(0, digits)).value_or(kMost);
  return count > kMost / factor ? kMost : count * factor;
}

// The text of a scalar, quoted or not; reports anything else.
std::optional<std::string> scalar(const Entry& entry, std::string_view needed) {
  if (entry.is_null()) {
    entry.wrong(fmt::format("has no value; {} is needed here", needed));
    return std::nullopt;
  }
  if (!entry.node().IsScalar()) {
    entry.wrong_kind(needed);
    return std::nullopt;
  }
  return entry.node().Scalar();
}

void out_of_range(const Entry& entry, std::string_view least, std::string_view most) {
  entry.wrong(fmt::format("{} is out of range; allowed is {} to {}", entry.node().Scalar(), least, most));
}

std::string size_text(std::uint64_t bytes) {
  for (const Unit& unit : kSizeUnits) {
    if (bytes >= unit.factor && bytes % unit.factor == 0 && unit.name != "KB") {
      return fmt::format("{}{}", bytes / unit.factor, unit.name);
    }
  }
  return fmt::format("{}B", bytes);
}

// What is wrong with `url`, or nothing. The URL itself is never in it: it may hold a password.
std::string url_fault(const std::string& url, std::string_view example, std::string_view secret) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return fmt::format("this is no URL; use one like {}", example);
  if (parsed->scheme() != "http" && parsed->scheme() != "https")
    return "the URL must begin with http:// or https://";
  if (parsed->encoded_host().empty()) return "the URL has no host";
  // Boost.URL 1.81 reads 127.0.0.1.example.com as the host 127.0.0.1 and the path ".example.com".
  if (!parsed->encoded_path().empty() && !parsed->encoded_path().starts_with('/')) {
    return "the URL's host begins like an address but is none";
  }
  if (parsed->has_userinfo()) return fmt::format("the URL must not hold a user or password; {}", secret);
  if (parsed->has_fragment()) return "the URL must not have a fragment (\"#...\")";
  if (parsed->has_port() && parsed->port_number() == 0)
    return "the URL's port is out of range; allowed is 1 to 65535";
  return {};
}

constexpr std::string_view kDuration = "a duration such as 500ms, 5s, 2m, 1h or 1d";

Reader<milliseconds> duration_in(Range<milliseconds> range, std::string_view needed) {
  return [range, needed = std::string(needed)](const Entry& entry) -> std::optional<milliseconds> {
    const auto text = scalar(entry, needed);
    if (!text) return std::nullopt;
    const auto count = with_unit(*text, kTimeUnits, 1000);
    if (!count) {
      entry.wrong_kind(needed);
      return std::nullopt;
    }
    if (*count < static_cast<std::uint64_t>(range.least.count()) ||
        *count > static_cast<std::uint64_t>(range.most.count())) {
      out_of_range(entry, to_text(range.least), to_text(range.most));
      return std::nullopt;
    }
    return milliseconds(static_cast<std::int64_t>(*count));
  };
}

Reader<std::chrono::seconds> whole_seconds(Reader<milliseconds> read) {
  return [read = std::move(read)](const Entry& entry) -> std::optional<std::chrono::seconds> {
    const auto duration = read(entry);
    if (!duration) return std::nullopt;
    if (duration->count() % 1000 != 0) {
      entry.wrong(fmt::format("{} is not a whole number of seconds", entry.node().Scalar()));
      return std::nullopt;
    }
    return std::chrono::duration_cast<std::chrono::seconds>(*duration);
  };
}

}  // namespace

std::string to_text(milliseconds duration) {
  const auto count = static_cast<std::uint64_t>(duration.count());
  for (const Unit& unit : kTimeUnits) {
    if (count >= unit.factor && count % unit.factor == 0) {
      return fmt::format("{}{}", count / unit.factor, unit.name);
    }
  }
  return fmt::format("{}ms", count);
}

std::string alternatives(const std::vector<std::string>& names) {
  if (names.size() < 2) return names.empty() ? "" : names.front();
  return fmt::format("{} or {}", fmt::join(names.begin(), names.end() - 1, ", "), names.back());
}

Reader<bool> boolean() {
  return [](const Entry& entry) -> std::optional<bool> {
    const auto text = entry.plain();
    if (text == "true") return true;
    if (text == "false") return false;
    entry.wrong_kind("true or false");
    return std::nullopt;
  };
}

Reader<std::int64_t> whole_number(Range<std::int64_t> range) {
  return [range](const Entry& entry) -> std::optional<std::int64_t> {
    const auto text = entry.plain();
    const auto as_double = text ? whole<double>(*text) : std::nullopt;
    if (!as_double || std::floor(*as_double) != *as_double || text->find_first_of(".eE") != text->npos) {
      entry.wrong_kind(fmt::format("a whole number from {} to {}", range.least, range.most));
      return std::nullopt;
    }
    const auto value = whole<std::int64_t>(*text);
    if (!value || *value < range.least || *value > range.most) {
      out_of_range(entry, fmt::to_string(range.least), fmt::to_string(range.most));
      return std::nullopt;
    }
    return value;
  };
}

Reader<double> number(Range<double> range) {
  return [range](const Entry& entry) -> std::optional<double> {
    const auto text = entry.plain();
    const auto value = text ? whole<double>(*text) : std::nullopt;
    if (!value || !std::isfinite(*value)) {
      entry.wrong_kind("a number");
      return std::nullopt;
    }
    if (*value < range.least || *value > range.most) {
      out_of_range(entry, fmt::to_string(range.least), fmt::to_string(range.most));
      return std::nullopt;
    }
    return value;
  };
}

Reader<std::string> text() {
  return [](const Entry& entry) -> std::optional<std::string> {
    auto value = scalar(entry, "a text");
    if (value && value->empty()) {
      entry.wrong("is empty; a text is needed here");
      return std::nullopt;
    }
    return value;
  };
}

Reader<milliseconds> milliseconds_in(Range<milliseconds> range) {
  return duration_in(range, kDuration);
}

Reader<std::chrono::seconds> seconds_in(Range<std::chrono::seconds> range) {
  return whole_seconds(duration_in({range.least, range.most}, kDuration));
}

Reader<std::optional<std::chrono::seconds>> seconds_or_never(Range<std::chrono::seconds> range) {
  const auto read =
      whole_seconds(duration_in({range.least, range.most}, std::string(kDuration) + ", or never"));
  return [read](const Entry& entry) -> std::optional<std::optional<std::chrono::seconds>> {
    const bool never = entry.node().IsScalar() && entry.node().Scalar() == "never";
    if (never || entry.plain() == "0") return std::optional<std::chrono::seconds>();
    if (const auto duration = read(entry)) return duration;
    return std::nullopt;
  };
}

Reader<std::uint64_t> size_in(Range<std::uint64_t> range) {
  return [range](const Entry& entry) -> std::optional<std::uint64_t> {
    constexpr std::string_view kNeeded = "a size such as 750MB, 1GiB or a number of bytes";
    const auto text = scalar(entry, kNeeded);
    if (!text) return std::nullopt;
    const auto bytes = with_unit(*text, kSizeUnits, 1);
    if (!bytes) {
      entry.wrong_kind(kNeeded);
      return std::nullopt;
    }
    if (*bytes < range.least || *bytes > range.most) {
      out_of_range(entry, size_text(range.least), size_text(range.most));
      return std::nullopt;
    }
    return bytes;
  };
}

Reader<std::filesystem::path> path() {
  return [](const Entry& entry) -> std::optional<std::filesystem::path> {
    const auto text = scalar(entry, "a path");
    if (!text) return std::nullopt;
    if (text->empty() || text->find('\0') != std::string::npos) {
      entry.wrong("is empty or not a path");
      return std::nullopt;
    }
    if (text->front() == '~') {
      entry.wrong("\"~\" is not expanded; write the whole path (or \"./~...\" for such a name)");
      return std::nullopt;
    }
    const auto folder = std::filesystem::absolute(entry.problems().file()).parent_path();
    auto result = (folder / *text).lexically_normal();
    return result.has_filename() ? result : result.parent_path();
  };
}

Reader<std::string> service_url() {
  return [](const Entry& entry) -> std::optional<std::string> {
    auto url = scalar(entry, "a URL");
    if (!url) return std::nullopt;
    std::string fault = url_fault(*url, "https://api.chunkr.ai", "the key goes into api.key_file");
    if (fault.empty() && url->find('?') != std::string::npos)
      fault = "the URL must not have a query (\"?...\")";
    if (!fault.empty()) {
      entry.wrong(fault);
      return std::nullopt;
    }
    while (url->ends_with('/')) url->pop_back();
    return url;
  };
}

Reader<std::string> webhook_url() {
  return [](const Entry& entry) -> std::optional<std::string> {
    auto url = scalar(entry, "a URL");
    if (!url) return std::nullopt;
    const std::string fault = url_fault(*url, "https://example.com/hooks/chunkrd",
                                        "who it is for is proven by the signature: secret_file");
    if (fault.empty()) return url;
    entry.wrong(fault);
    return std::nullopt;
  };
}

Reader<std::string> one_of(std::vector<std::string> names) {
  return [names = std::move(names)](const Entry& entry) -> std::optional<std::string> {
    const auto text = scalar(entry, alternatives(names));
    if (!text || std::ranges::find(names, *text) != names.end()) return text;
    entry.wrong(fmt::format("unknown value {}; use {}", in_quotes(*text), alternatives(names)));
    return std::nullopt;
  };
}

Reader<std::string> name_of_profile(std::vector<std::string> profiles) {
  return [read = text(), profiles = std::move(profiles)](const Entry& entry) -> std::optional<std::string> {
    auto name = read(entry);
    if (!name || std::ranges::find(profiles, *name) != profiles.end()) return name;
    const std::string_view nearest = nearest_name(*name, profiles);
    const std::string advice = nearest.empty() ? fmt::format("; defined: {}", alternatives(profiles))
                                               : fmt::format("; did you mean \"{}\"?", nearest);
    entry.wrong(fmt::format("unknown profile {}{}", in_quotes(*name), advice));
    return std::nullopt;
  };
}

Reader<int> small_number(Range<int> range) {
  return [read = whole_number({range.least, range.most})](const Entry& entry) -> std::optional<int> {
    const auto value = read(entry);
    return value ? std::optional(static_cast<int>(*value)) : std::nullopt;
  };
}

Reader<int> priority() {
  return small_number({-100, 100});
}

}  // namespace chunkrd::config
