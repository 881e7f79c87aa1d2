#include "local/server/query.h"

#include <algorithm>
#include <boost/url/decode_view.hpp>
#include <boost/url/pct_string_view.hpp>
#include <charconv>

#include "core/iso_time.h"

namespace chunkrd::local::server {
namespace {

namespace urls = boost::urls;

std::string decoded(std::string_view text, bool plus_is_space) {
  const auto checked = urls::make_pct_string_view(text);
  if (!checked) return std::string(text);
  urls::encoding_opts options;
  options.space_as_plus = plus_is_space;
  return checked->decode(options);
}

}  // namespace

std::string percent_decoded(std::string_view text) {
  return decoded(text, false);
}

std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  std::optional<std::string> found;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const auto equals = std::min(pair.find('='), pair.size());
    if (decoded(pair.substr(0, equals), true) != name) continue;
    found = equals < pair.size() ? decoded(pair.substr(equals + 1), true) : std::string();
  }
  return found;
}

bool flag_parameter(std::string_view query, std::string_view name, std::string_view absent) {
  const std::string text = parameter(query, name).value_or(std::string(absent));
  if (text != "true" && text != "false") throw BadQuery("provided string was not `true` or `false`");
  return text == "true";
}

std::optional<std::int64_t> integer_parameter(std::string_view query, std::string_view name) {
  const auto text = parameter(query, name);
  if (!text) return std::nullopt;
  if (text->empty()) throw BadQuery("cannot parse integer from empty string");
  std::string_view digits = *text;
  if (digits.size() > 1 && digits.front() == '+') digits.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc::result_out_of_range) {
    throw BadQuery(digits.front() == '-' ? "number too small to fit in target type"
                                         : "number too large to fit in target type");
  }
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw BadQuery("invalid digit found in string");
  }
  return value;
}

std::optional<WallTime> time_parameter(std::string_view query, std::string_view name) {
  const auto text = parameter(query, name);
  if (!text) return std::nullopt;
  const auto time = from_iso(*text);
  if (!time) throw BadQuery("input contains invalid characters");
  return time;
}

}  // namespace chunkrd::local::server
