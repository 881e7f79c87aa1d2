#include "local/server/door.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/algorithm/string/trim.hpp>

#include "core/authority.h"

namespace chunkrd::local::server {
namespace {

std::string own_name() {
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return {};
  return boost::algorithm::to_lower_copy(std::string(name.data()));
}

/// "http://host:port" is "host:port". Nothing for "null", which is what pages from files are called.
std::optional<std::string> authority_of(std::string_view origin) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) {
      return boost::algorithm::to_lower_copy(std::string(origin.substr(scheme.size())));
    }
  }
  return std::nullopt;
}

}  // namespace

bool is_json(std::string_view content_type) {
  std::string type(content_type.substr(0, content_type.find(';')));
  boost::algorithm::trim(type);
  return boost::algorithm::iequals(type, "application/json");
}

Door::Door(asio::ip::address address, std::vector<std::string> names)
    : address_(std::move(address)), names_(std::move(names)), own_name_(own_name()) {
  for (auto& name : names_) boost::algorithm::to_lower(name);
}

bool Door::is_named(std::string_view host) const {
  return std::ranges::find(names_, host) != names_.end();
}

// An address in figures cannot have been made to lead here by anybody else's name server.
bool Door::is_ours(std::string_view host) const {
  if (host == "localhost" || host == own_name_ || is_named(host)) return true;
  boost::system::error_code is_name;
  const auto address = asio::ip::make_address(host, is_name);
  if (is_name) return false;
  return address.is_loopback() || address == address_ || address_.is_unspecified();
}

// Browsers say where a request comes from; other programs do not.
bool Door::is_from_foreign_page(const Request& request) const {
  if (request.fetch_site == "cross-site" || request.fetch_site == "same-site") return true;
  if (!request.origin) return false;
  const auto origin = authority_of(*request.origin);
  if (!origin) return true;
  const auto name = host_in(*origin);
  return !boost::algorithm::iequals(*origin, request.host) && !(name && is_named(*name));
}

std::optional<Answer> Door::refuse(const Request& request) const {
  const auto host = host_in(request.host);
  if (!host || !is_ours(*host)) {
    return text_answer(421, fmt::format("chunkr-local does not answer to this Host; start it with --host {} "
                                        "if clients shall reach it by that name",
                                        host.value_or("NAME")));
  }
  // Signed addresses stand in documents that browsers show.
  if (request.path.starts_with(kStoragePrefix) || !is_from_foreign_page(request)) return std::nullopt;
  return text_answer(403, "chunkr-local takes nothing from pages of other sites");
}

}  // namespace chunkrd::local::server
