#include "local/server/fetch.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <memory>
#include <string_view>

#include "core/durable.h"
#include "core/fd.h"
#include "local/server/query.h"

namespace chunkrd::local::server {
namespace {

constexpr long kRedirectsMax = 10;
constexpr long kConnectTimeoutSeconds = 15;
constexpr long kTimeoutSeconds = 300;

struct Download {
  std::filesystem::path path;
  FileDescriptor file;
  std::uint64_t bytes = 0;
  std::uint64_t bytes_max = 0;
  std::string disposition;  ///< of the last answer
};

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* user) noexcept {
  auto& download = *static_cast<Download*>(user);
  download.bytes += size;
  if (download.bytes > download.bytes_max) return 0;
  try {
    durable::write_all(download.file.get(), {bytes, size}, download.path);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return 0;
  }
  return size;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t size, void* user) {
  auto& download = *static_cast<Download*>(user);
  const std::string_view line(bytes, size);
  constexpr std::string_view kName = "content-disposition:";
  const bool is_disposition =
      line.size() >= kName.size() && std::ranges::equal(line.substr(0, kName.size()), kName, {}, [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
  if (line.starts_with("HTTP/")) download.disposition.clear();
  if (is_disposition) download.disposition = line.substr(kName.size());
  return size;
}

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

}  // namespace

std::optional<std::string> fetch(const std::string& url, const std::filesystem::path& into,
                                 std::uint64_t bytes_max) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), &curl_easy_cleanup);
  if (!curl) return std::nullopt;
  Download download{.path = into,
                    .file = durable::open(into, O_WRONLY | O_CREAT | O_TRUNC, 0600),
                    .bytes_max = bytes_max,
                    .disposition = {}};
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, kRedirectsMax);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, kConnectTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, kTimeoutSeconds);
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "Mozilla/5.0 (X11; Linux x86_64) chunkr-local");
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &download);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &download);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) {
    spdlog::info("a document's URL cannot be fetched: {}", curl_easy_strerror(code));
    return std::nullopt;
  }
  const std::string name = name_in(download.disposition);
  return name.empty() ? last_part(url) : name;
}

}  // namespace chunkrd::local::server
