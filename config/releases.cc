#include "config/releases.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <regex>

namespace chunkrd::config {
namespace {

namespace json = boost::json;

constexpr Release kFirst{1, 0}, kNoLast{1'000'000, 0};
// No public release has them; those on customers' premises and the hosted service do, from about here.
constexpr Release kCurrent{2, 2};
// The last release on customers' premises that still reads what the hosted service (2.62) does not any more.
constexpr Release kHosted{2, 10};

/// From which release on, and before which one, servers read a setting. Patterns of fnmatch(3).
struct Range {
  const char* setting;
  Release from, before;
};

// From the change logs and sources of the releases. The first that fits counts.
constexpr Range kRanges[] = {
    {"segment_processing.*.strategy=\"Ignore\"", kCurrent, kNoLast},
    {"segment_processing.*.strategy=*", {2, 0}, kNoLast},
    {"segment_processing.*.format=*", {2, 0}, kNoLast},
    {"segment_processing.*.extended_context=*", {1, 15}, kNoLast},
    {"segment_processing.*.description=*", kCurrent, kNoLast},
    {"segment_processing.FormRegion*", kCurrent, kNoLast},
    {"segment_processing.GraphicalItem*", kCurrent, kNoLast},
    {"segment_processing.Legend*", kCurrent, kNoLast},
    {"segment_processing.LineNumber*", kCurrent, kNoLast},
    {"segment_processing.PageNumber*", kCurrent, kNoLast},
    {"segment_processing.Unknown*", kCurrent, kNoLast},
    {"segment_processing.*.embed_sources=*", {1, 9}, kCurrent},
    {"segment_processing.*.html=*", kFirst, kHosted},
    {"segment_processing.*.markdown=*", kFirst, kHosted},
    {"chunk_processing.tokenizer=*", {1, 9}, kNoLast},
    {"error_handling=*", {1, 10}, kNoLast},
    {"llm_processing.*", {1, 11}, kHosted},
    {"high_resolution=*", kFirst, kHosted},
};

void judge(const std::string& path, const json::value& value, Release release,
           std::vector<std::string>& out) {
  const std::string used = path + "=" + json::serialize(value);
  for (const Range& range : kRanges) {
    if (::fnmatch(range.setting, used.c_str(), 0) != 0) continue;
    if (release < range.from)
      out.push_back(fmt::format("{} needs server {}.{} or later", path, range.from.major, range.from.minor));
    if (release >= range.before)
      out.push_back(
          fmt::format("{} is not read by servers since {}.{}", path, range.before.major, range.before.minor));
    return;
  }
}

// A tokenizer is one setting, whatever is in it.
bool is_one(const std::string& path, const json::value& value) {
  return !value.is_object() || value.get_object().empty() || path == "chunk_processing.tokenizer";
}

void look_through(const std::string& path, const json::value& value, Release release,
                  std::vector<std::string>& out) {
  if (!path.empty() && is_one(path, value)) return judge(path, value, release, out);
  for (const auto& [name, inner] : value.get_object())
    look_through((path.empty() ? path : path + ".") + std::string(name), inner, release, out);
}

}  // namespace

std::optional<Release> release_in(std::string_view health) {
  static const std::regex kVersion(R"([Vv]ersion:? *v?([0-9]{1,5})\.([0-9]{1,5}))");
  std::cmatch found;
  if (!std::regex_search(health.data(), health.data() + health.size(), found, kVersion)) return std::nullopt;
  return Release{std::stoi(found[1]), std::stoi(found[2])};
}

std::vector<std::string> settings_out_of(std::string_view parse, Release release) {
  std::vector<std::string> out;
  look_through("", json::parse(parse), release, out);
  return out;
}

}  // namespace chunkrd::config
