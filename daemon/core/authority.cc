#include "core/authority.h"

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>

namespace chunkrd {
namespace {

constexpr std::string_view kHostChars =
    "abcdefghijklmnopqrstuvwxyz"
    "0123456789.-_:";

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> host_in(std::string_view authority) {
  std::string_view host = authority;
  std::string_view rest;
  if (host.starts_with('[')) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    rest = host.substr(end + 1);
    host = host.substr(1, end - 1);
  } else {
    const auto colon = std::min(host.find(':'), host.size());
    rest = host.substr(colon);
    host = host.substr(0, colon);
  }
  if (!rest.empty() && !(rest.front() == ':' && is_port(rest.substr(1)))) return std::nullopt;
  std::string name = boost::algorithm::to_lower_copy(std::string(host));
  if (name.ends_with('.')) name.pop_back();
  if (name.empty() || name.find_first_not_of(kHostChars) != std::string::npos) return std::nullopt;
  return name;
}

}  // namespace chunkrd
