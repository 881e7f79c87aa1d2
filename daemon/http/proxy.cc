#include "http/proxy.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <span>
#include <sstream>

#include "http/origin.h"

namespace chunkrd::http {
namespace {

/// An address in its bytes: 4 or 16; one of IPv4 within IPv6 is one of IPv4. Empty if it is a name.
using Bytes = std::vector<unsigned char>;

constexpr unsigned char kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

// "[::1]", "fe80::1%eth0", "localhost." without what is not the name.
std::string bare(std::string host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  host = host.substr(0, host.find('%'));
  while (host.ends_with('.')) host.pop_back();
  return lower(host);
}

Bytes address_of(const std::string& host) {
  std::array<unsigned char, 16> six{};
  if (::inet_pton(AF_INET6, host.c_str(), six.data()) == 1) {
    if (std::equal(std::begin(kMapped), std::end(kMapped), six.begin())) return {six.begin() + 12, six.end()};
    return {six.begin(), six.end()};
  }
  // Also 127.1, 0x7f000001 and 2130706433: libcurl and the resolver read them so.
  in_addr four{};
  if (::inet_aton(host.c_str(), &four) == 0) return {};
  const auto* const bytes = reinterpret_cast<const unsigned char*>(&four.s_addr);
  return {bytes, bytes + 4};
}

// 127.0.0.0/8, ::1, and the addresses of no host in particular, which the kernel takes for this one.
bool is_own(const Bytes& address) {
  if (address.size() == 4) return address[0] == 127 || address[0] == 0;
  if (address.size() != 16) return false;
  return std::all_of(address.begin(), address.end() - 1, [](unsigned char byte) { return byte == 0; }) &&
         address.back() <= 1;
}

bool is_below(const std::string& host, const std::string& domain) {
  return host == domain || (host.size() > domain.size() && host.ends_with(domain) &&
                            host[host.size() - domain.size() - 1] == '.');
}

bool is_in_network(const Bytes& address, const std::string& network) {
  const std::size_t slash = network.find('/');
  const Bytes base = address_of(bare(network.substr(0, slash)));
  if (base.empty() || base.size() != address.size()) return false;
  std::size_t bits = base.size() * 8;
  if (slash != network.npos) {
    const char* const end = network.data() + network.size();
    const auto [stop, error] = std::from_chars(network.data() + slash + 1, end, bits);
    if (error != std::errc() || stop != end || bits > base.size() * 8) return false;
  }
  for (std::size_t bit = 0; bit < bits; ++bit)
    if (((base[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8) & 1) != 0) return false;
  return true;
}

std::vector<std::string> entries(std::string list) {
  std::ranges::replace(list, ',', ' ');
  std::istringstream words(list);
  return {std::istream_iterator<std::string>(words), {}};
}

constexpr const char* kVariables[] = {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy",
                                      "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

}  // namespace

std::string Proxy::text() const {
  const std::size_t scheme = url.find("://");
  std::string place = scheme == url.npos ? url : url.substr(scheme + 3);
  place = place.substr(0, place.find_first_of("/?#"));
  place = place.substr(place.rfind('@') + 1);
  return "the proxy " + (scheme == url.npos ? "http" : url.substr(0, scheme)) + "://" + place + " (" +
         variable + ")";
}

Proxies::Proxies(std::map<std::string, std::string> variables, std::vector<std::string> own_names)
    : variables_(std::move(variables)), own_names_(std::move(own_names)) {}

Proxies Proxies::of_environment() {
  std::map<std::string, std::string> variables;
  for (const char* name : kVariables)
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') variables[name] = value;
  std::ifstream file("/etc/hosts");
  return {std::move(variables), own_names_in({std::istreambuf_iterator<char>(file), {}})};
}

std::vector<std::string> own_names_in(const std::string& hosts) {
  std::vector<std::string> names;
  std::istringstream lines(hosts);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    std::string word;
    if (!(words >> word) || !is_own(address_of(bare(word)))) continue;
    while (words >> word) names.push_back(bare(word));
  }
  return names;
}

bool Proxies::is_this_machine(const std::string& host) const {
  return is_own(address_of(host)) || is_below(host, "localhost") ||
         std::ranges::find(own_names_, host) != own_names_.end();
}

bool Proxies::is_excepted(const std::string& host) const {
  for (const char* name : {"no_proxy", "NO_PROXY"}) {
    const auto list = variables_.find(name);
    if (list == variables_.end()) continue;
    const Bytes address = address_of(host);
    for (const std::string& entry : entries(list->second)) {
      if (entry == "*") return true;
      const std::string domain = bare(entry.starts_with('.') ? entry.substr(1) : entry);
      if (address.empty() ? is_below(host, domain) : is_in_network(address, entry)) return true;
    }
    return false;
  }
  return false;
}

std::optional<Proxy> Proxies::for_url(const std::string& url) const {
  const auto origin = origin_of(url);
  if (!origin) return std::nullopt;
  const std::string host = bare(origin->host);
  if (is_this_machine(host) || is_excepted(host)) return std::nullopt;
  // Not HTTP_PROXY: on a web server anybody could set that with a header "Proxy:".
  std::vector<const char*> names{"all_proxy", "ALL_PROXY"};
  if (origin->scheme == "https")
    names.insert(names.begin(), {"https_proxy", "HTTPS_PROXY"});
  else
    names.insert(names.begin(), "http_proxy");
  for (const char* name : names)
    if (const auto set = variables_.find(name); set != variables_.end()) return Proxy{set->second, name};
  return std::nullopt;
}

}  // namespace chunkrd::http
