#include "local/server/fetcher.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <spdlog/spdlog.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string_view>

#include "core/durable.h"
#include "core/errors.h"
#include "core/fd.h"
#include "local/server/query.h"

namespace chunkrd::local::server {
namespace {

constexpr long kRedirectsMax = 10;
constexpr long kLeastBytesPerSecond = 100;

/// The file name of `attachment; filename="report.pdf"`; empty if there is none.
std::string name_in(std::string_view disposition) {
  constexpr std::string_view kKey = "filename=";
  const auto at = disposition.find(kKey);
  if (at == std::string_view::npos) return {};
  auto value = disposition.substr(at + kKey.size());
  if (value.starts_with('"')) {
    value.remove_prefix(1);
    return std::string(value.substr(0, value.find('"')));
  }
  return std::string(value.substr(0, value.find_first_of("; \r\n")));
}

/// The last part of the URL's path.
std::string last_part(const std::string& url) {
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return {};
  const std::string_view path = parsed->encoded_path();
  const auto slash = path.rfind('/');
  return percent_decoded(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

std::optional<asio::ip::address> address_in(const curl_sockaddr& given) {
  if (given.family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &given.addr, sizeof in);
    return asio::ip::address_v4(ntohl(in.sin_addr.s_addr));
  }
  if (given.family != AF_INET6) return std::nullopt;
  // libcurl keeps 16 bytes for `addr` and lets longer addresses follow.
  sockaddr_in6 in{};
  std::memcpy(&in, reinterpret_cast<const char*>(&given) + offsetof(curl_sockaddr, addr), sizeof in);
  asio::ip::address_v6::bytes_type bytes;
  std::memcpy(bytes.data(), &in.sin6_addr, bytes.size());
  return asio::ip::address_v6(bytes);
}

bool is_link_local(const asio::ip::address_v4& address) {
  return (address.to_uint() >> 16) == 0xA9FE;  // 169.254.0.0/16
}

}  // namespace

Whereabouts whereabouts_of(const asio::ip::address& address) {
  if (address.is_v6()) {
    const auto v6 = address.to_v6();
    if (v6.is_v4_mapped()) return whereabouts_of(asio::ip::make_address_v4(asio::ip::v4_mapped, v6));
    if (v6.is_loopback() || v6.is_unspecified()) return Whereabouts::here;
    const bool is_metadata = v6 == asio::ip::make_address_v6("fd00:ec2::254");
    return v6.is_link_local() || v6.is_multicast() || is_metadata ? Whereabouts::forbidden
                                                                  : Whereabouts::elsewhere;
  }
  const auto v4 = address.to_v4();
  const bool is_this_host = v4.to_uint() >> 24 == 0;  // Linux connects 0.0.0.0 to itself
  if (v4.is_loopback() || is_this_host) return Whereabouts::here;
  const bool is_broadcast = v4 == asio::ip::address_v4::broadcast();
  return is_link_local(v4) || v4.is_multicast() || is_broadcast ? Whereabouts::forbidden
                                                                : Whereabouts::elsewhere;
}

bool may_lead(FetchScope scope, Whereabouts first, Whereabouts there) {
  if (there == Whereabouts::elsewhere) return scope != FetchScope::none;
  return there == Whereabouts::here && scope == FetchScope::any && first == Whereabouts::here;
}

/// One URL under way and the coroutine that waits for it, in whose frame it lives.
class Fetcher::Transfer final : public http::EndListener {
 public:
  Transfer(Fetcher& fetcher, const std::string& url, const std::filesystem::path& into,
           std::uint64_t bytes_max)
      : fetcher_(&fetcher),
        scope_(fetcher.limits_.scope.value_or(FetchScope::others)),
        path_(into),
        bytes_max_(bytes_max),
        ended_(fetcher.loop_, std::chrono::steady_clock::time_point::max()),
        easy_(curl_easy_init(), &curl_easy_cleanup) {
    if (!easy_) throw std::bad_alloc();
    set_up(url, fetcher.limits_);
    fetcher.multi_.add(easy_.get(), *this);
    fetcher.transfers_.insert(this);
  }
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() override { detach(); }

  void detach() noexcept {
    if (fetcher_ == nullptr) return;
    fetcher_->multi_.remove(easy_.get());
    fetcher_->transfers_.erase(this);
    fetcher_ = nullptr;
  }

  void on_end(CURLcode code) noexcept override {
    code_ = code;
    ended_.cancel();
  }

  awaitable<Fetched> result(const std::string& url) {
    boost::system::error_code woken;
    while (!code_) co_await ended_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    if (*code_ == CURLE_OK) {
      open();  // a body without a byte is a document, too
      std::string name = name_in(disposition_);
      co_return Fetched{.end = Fetched::End::document, .name = name.empty() ? last_part(url) : name};
    }
    if (error_) throw std::system_error(error_);
    spdlog::info("a document's URL cannot be fetched: {}",
                 is_refused_ ? "it leads where it may not" : curl_easy_strerror(*code_));
    co_return Fetched{.end = is_refused_ ? Fetched::End::refused : Fetched::End::failed};
  }

 private:
  void set_up(const std::string& url, const FetchLimits& limits) {
    CURL* const easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_PROXY, "");  // what a proxy connects to could not be looked at
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs is not waited for
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXREDIRS, kRedirectsMax);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.total.count()));
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, kLeastBytesPerSecond);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, static_cast<long>(limits.stall.count()));
    // A kept connection would be used without asking whether it may lead there.
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "Mozilla/5.0 (X11; Linux x86_64) chunkr-local");
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  }

  static curl_socket_t on_socket(Transfer* self, curlsocktype, curl_sockaddr* address) noexcept {
    if (!self->may_connect(*address)) {
      self->is_refused_ = true;
      return CURL_SOCKET_BAD;
    }
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket < 0) {
      const std::error_code error(errno, std::generic_category());
      if (is_shortage(error) && errno != EAFNOSUPPORT) self->error_ = error;
    }
    return socket;
  }

  bool may_connect(const curl_sockaddr& given) {
    const auto address = address_in(given);
    const auto where = address ? whereabouts_of(*address) : Whereabouts::forbidden;
    long redirects = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_REDIRECT_COUNT, &redirects);
    if (redirects == 0) first_ = where;
    return may_lead(scope_, first_, where);
  }

  void open() {
    if (!file_) file_ = durable::open(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
  }

  static std::size_t on_body(char* bytes, std::size_t, std::size_t size, Transfer* self) noexcept {
    self->bytes_ += size;
    if (self->bytes_ > self->bytes_max_) return 0;
    try {
      self->open();
      durable::write_all(self->file_.get(), {bytes, size}, self->path_);
    } catch (const std::system_error& error) {
      self->error_ = error.code();
      return 0;
    }
    return size;
  }

  static std::size_t on_header(char* bytes, std::size_t, std::size_t size, Transfer* self) noexcept {
    const std::string_view line(bytes, size);
    constexpr std::string_view kName = "content-disposition:";
    const bool is_disposition = line.size() >= kName.size() &&
                                std::ranges::equal(line.substr(0, kName.size()), kName, {}, [](char c) {
                                  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                                });
    if (line.starts_with("HTTP/")) self->disposition_.clear();
    if (is_disposition) self->disposition_ = line.substr(kName.size());
    return size;
  }

  Fetcher* fetcher_;
  const FetchScope scope_;
  const std::filesystem::path path_;
  const std::uint64_t bytes_max_;
  FileDescriptor file_;
  std::uint64_t bytes_ = 0;
  std::string disposition_;  // of the last answer
  std::error_code error_;
  Whereabouts first_ = Whereabouts::elsewhere;
  bool is_refused_ = false;
  std::optional<CURLcode> code_;
  asio::steady_timer ended_;  // rings when code_ is there
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> easy_;
};

Fetcher::Fetcher(Executor loop, FetchLimits limits)
    : loop_(loop), limits_(limits), multi_(std::move(loop), /*kept_connections=*/0) {}

Fetcher::~Fetcher() {
  while (!transfers_.empty()) (*transfers_.begin())->detach();
}

awaitable<Fetched> Fetcher::fetch(std::string url, std::filesystem::path into, std::uint64_t bytes_max) {
  if (limits_.scope == FetchScope::none) co_return Fetched{.end = Fetched::End::refused};
  if (transfers_.size() >= limits_.at_once) co_return Fetched{.end = Fetched::End::busy};
  Transfer transfer(*this, url, into, bytes_max);
  co_return co_await transfer.result(url);
}

}  // namespace chunkrd::local::server
