#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::http {

/// A proxy as the environment names it.
struct Proxy {
  std::string url;       ///< may hold a password: never log
  std::string variable;  ///< "https_proxy"

  /// "the proxy http://proxy:3128 (https_proxy)": no user, no password.
  std::string text() const;
};

/// Which proxy a request goes by, as curl has it: `http_proxy` (in lower case only) and `https_proxy` by the
/// address's scheme, else `all_proxy`; none for what `no_proxy` lists: names with what is below them,
/// addresses, networks (10.0.0.0/8), or "*". Each also in upper case, where the lower is not set.
///
/// What is on this machine never goes by a proxy, whatever the environment says: another machine's loopback
/// is not ours, and the document would be shown to it. This machine is 127.0.0.0/8, ::1 and 0.0.0.0 in each
/// of their spellings, `localhost` with what is below it, and every name that /etc/hosts gives to one of
/// those.
class Proxies {
 public:
  /// No request goes by a proxy.
  Proxies() = default;
  Proxies(std::map<std::string, std::string> variables, std::vector<std::string> own_names);

  /// Read once. Blocking for a moment (/etc/hosts).
  static Proxies of_environment();

  std::optional<Proxy> for_url(const std::string& url) const;

 private:
  bool is_this_machine(const std::string& host) const;
  bool is_excepted(const std::string& host) const;

  std::map<std::string, std::string> variables_;
  std::vector<std::string> own_names_;
};

/// The names that a file like /etc/hosts gives to this machine's own addresses.
std::vector<std::string> own_names_in(const std::string& hosts);

}  // namespace chunkrd::http
