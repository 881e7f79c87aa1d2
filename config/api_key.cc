#include "config/api_key.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cerrno>
#include <cstdlib>
#include <optional>
#include <system_error>

#include "core/errors.h"
#include "core/fd.h"

namespace chunkrd::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* kApiKey = "API key";
constexpr const char* kWebhookSecret = "webhook secret";

struct Found {
  std::string key;
  std::string where;  // for messages
};

[[noreturn]] void refuse(ExitCode code, const std::string& where, std::string_view what,
                         const char* which = kApiKey) {
  throw UserError(code, fmt::format("{}: {}: {}", which, where, what));
}

[[noreturn]] void refuse_unreadable(const char* which, const fs::path& file) {
  const int error = errno;
  refuse(error == EACCES ? ExitCode::no_permission : ExitCode::no_input, file.string(),
         fmt::format("cannot be read: {}", std::generic_category().message(error)), which);
}

std::string read_secret(const char* which, const fs::path& file) {
  constexpr std::size_t kMostBytes = 4096;
  const FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!fd || ::fstat(fd.get(), &status) != 0) refuse_unreadable(which, file);
  if (S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0) {
    spdlog::warn("{}: {}: everybody on this machine may read it; chmod o-r it", which, file.string());
  }
  std::string text;
  char buffer[kMostBytes];
  while (text.size() <= kMostBytes) {
    const ssize_t count = ::read(fd.get(), buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) refuse_unreadable(which, file);
    if (count == 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
  refuse(ExitCode::bad_config, file.string(), "is larger than 4 KiB; this is no key", which);
}

// systemd's LoadCredential= of that name.
std::optional<Found> credential(const char* which, const char* name) {
  const char* const folder = std::getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) return std::nullopt;
  const fs::path file = fs::path(folder) / name;
  std::error_code error;
  if (!fs::exists(file, error)) return std::nullopt;
  return Found{read_secret(which, file), file.string()};
}

std::optional<Found> find(const Api& api) {
  if (api.key_file) return Found{read_secret(kApiKey, *api.key_file), api.key_file->string()};
  if (const char* key = std::getenv("CHUNKRD_API_KEY")) return Found{key, "$CHUNKRD_API_KEY"};
  return credential(kApiKey, "api-key");
}

void check(const Found& found) {
  const auto& [key, where] = found;
  if (key.empty()) refuse(ExitCode::bad_config, where, "is empty");
  if (key.starts_with("Bearer ")) {
    refuse(ExitCode::bad_config, where, "begins with \"Bearer \"; the service wants the bare key");
  }
  const auto is_odd = [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; };
  if (std::ranges::any_of(key, is_odd)) {
    refuse(ExitCode::bad_config, where,
           "has spaces, line breaks or control characters in it; it must be the bare key");
  }
}

}  // namespace

std::string load_webhook_secret(const Webhook& webhook) {
  std::optional<Found> found = webhook.secret_file ? Found{read_secret(kWebhookSecret, *webhook.secret_file),
                                                           webhook.secret_file->string()}
                                                   : credential(kWebhookSecret, "webhook-secret");
  if (!found) return {};
  if (found->key.ends_with('\n')) found->key.pop_back();
  if (found->key.empty()) refuse(ExitCode::bad_config, found->where, "is empty", kWebhookSecret);
  return std::move(found->key);
}

bool is_loopback(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  // Boost.URL 1.81 reads 127.0.0.1.example.com as the host 127.0.0.1 and the path ".example.com".
  if (!parsed || !(parsed->encoded_path().empty() || parsed->encoded_path().starts_with('/'))) return false;
  if (parsed->host_type() == boost::urls::host_type::ipv4) return parsed->host_ipv4_address().is_loopback();
  if (parsed->host_type() == boost::urls::host_type::ipv6) return parsed->host_ipv6_address().is_loopback();
  return parsed->host() == "localhost";
}

bool travels_in_the_open(const Api& api) {
  return api.url.starts_with("http://") && !is_loopback(api.url);
}

std::string load_api_key(const Api& api) {
  std::optional<Found> found = find(api);
  const bool loopback = is_loopback(api.url);
  if (!found) {
    if (loopback) return {};
    throw UserError(ExitCode::bad_config,
                    "API key: there is none; put it into a file and name that in api.key_file, or set "
                    "$CHUNKRD_API_KEY, or give it as the systemd credential \"api-key\"");
  }
  if (found->key.ends_with('\n')) found->key.pop_back();
  check(*found);
  if (travels_in_the_open(api)) {
    if (!api.allow_http)
      throw UserError(ExitCode::bad_config,
                      "api.url: over plain http:// the API key could be read on its way to another machine; "
                      "use https://, "
                      "or, for a service in a network that you trust, say allow_http: true in api:");
    spdlog::warn("api.url: {}", kInTheOpen);
  }
  return std::move(found->key);
}

}  // namespace chunkrd::config
