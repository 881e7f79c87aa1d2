#include "taskapi/link.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"

namespace chunkrd::taskapi {
namespace {

// An address and what a shortcut says before it are shorter than this; only a data URL's content goes on.
constexpr std::size_t kHeadBytes = std::size_t{16} << 10;
constexpr std::size_t kAddressBytesMax = std::size_t{8} << 10;  // as most web servers have it

using Error = std::unexpected<std::string>;

class File {
 public:
  explicit File(const std::filesystem::path& path)
      : path_(path), file_(durable::open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)) {
    struct stat now{};
    if (::fstat(file_.get(), &now) != 0) fail();
    size_bytes_ = static_cast<std::uint64_t>(now.st_size);
  }

  const std::filesystem::path& path() const { return path_; }
  std::uint64_t size_bytes() const { return size_bytes_; }

  /// As much from `at` on as there is and fits.
  std::string_view read(std::uint64_t at, std::span<char> into) const {
    std::size_t done = 0;
    while (done < into.size()) {
      const ssize_t count =
          ::pread(file_.get(), into.data() + done, into.size() - done, static_cast<off_t>(at + done));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail();
      if (count == 0) break;
      done += static_cast<std::size_t>(count);
    }
    return {into.data(), done};
  }

 private:
  [[noreturn]] void fail() const {
    throw std::system_error(errno, std::generic_category(), printable(path_.native()));
  }

  std::filesystem::path path_;
  FileDescriptor file_;
  std::uint64_t size_bytes_ = 0;
};

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

bool begins(std::string_view text, std::string_view with) {
  return same(text.substr(0, with.size()), with);
}

bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Takes the first line off `text`.
std::string_view next_line(std::string_view& text) {
  const auto end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::expected<std::string_view, std::string> address_of_shortcut(std::string_view text) {
  bool in_section = false;
  while (!text.empty()) {
    const std::string_view line = trimmed(next_line(text));
    if (line.starts_with('[')) in_section = same(line, "[InternetShortcut]") || same(line, "[Desktop Entry]");
    const auto equals = line.find('=');
    if (!in_section || equals == line.npos) continue;
    const std::string_view key = trimmed(line.substr(0, equals));
    // KDE marks an address in which it would replace $variables; there are none in an address.
    if (same(key, "URL") || same(key, "URL[$e]")) return trimmed(line.substr(equals + 1));
  }
  return Error("the shortcut has no line URL= under [InternetShortcut] or [Desktop Entry]");
}

bool is_web_address(std::string_view text) {
  return begins(text, "http://") || begins(text, "https://");
}

std::expected<Link, std::string> web_address(std::string_view url) {
  if (url.size() > kAddressBytesMax)
    return Error("the address is longer than " + std::to_string(kAddressBytesMax) + " bytes");
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return Error("the address is not a valid URL: other characters must be written as %XX");
  if (parsed->encoded_host().empty()) return Error("the address names no host: write https://HOST/PATH");
  // The service looks for exactly these beginnings; what it does not know it takes for base64.
  const bool secure = begins(url, "https://");
  return WebAddress{(secure ? "https://" : "http://") + std::string(url.substr(secure ? 8 : 7))};
}

/// How much of `text` is base64 without padding.
std::size_t base64_in(std::string_view text) {
  const auto end = std::ranges::find_if_not(
      text, [](unsigned char c) { return std::isalnum(c) != 0 || c == '+' || c == '/'; });
  return static_cast<std::size_t>(end - text.begin());
}

/// The base64 from `begin` to the end of the file.
std::expected<std::uint64_t, std::string> base64_length(const File& file, std::uint64_t begin) {
  std::array<char, 64 << 10> piece;
  std::uint64_t length = 0;
  for (std::size_t good = piece.size(); good == piece.size(); length += good)
    good = base64_in(file.read(begin + length, piece));

  std::string_view rest = file.read(begin + length, piece);
  for (int padding = 0; padding < 2 && rest.starts_with('='); ++padding, ++length) rest.remove_prefix(1);
  if (!trimmed(rest).empty() && is_space(rest.front()))
    return Error("the data URL is broken into lines: write it on one (base64 -w0)");
  if (!trimmed(rest).empty()) return Error("the data URL holds something that is not base64");
  if (length == 0) return Error("the data URL has no content: the document's base64 goes behind its comma");
  if (length % 4 != 0) return Error("the data URL's base64 is cut, or lacks its padding (=)");
  return length;
}

bool is_in_media_type(unsigned char c) {
  return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != ',';
}

std::expected<Link, std::string> data_url(const File& file, std::string_view head, std::string_view text) {
  constexpr std::string_view kScheme = "data:", kEncoding = ";base64";
  const std::string_view before = text.substr(0, text.find(','));
  if (before.size() == text.size() || before.size() < kScheme.size() + kEncoding.size() ||
      !same(before.substr(before.size() - kEncoding.size()), kEncoding))
    return Error("the data URL is not data:<type>;base64,<content>");
  const std::string_view type =
      before.substr(kScheme.size(), before.size() - kScheme.size() - kEncoding.size());
  if (!std::ranges::all_of(type, is_in_media_type))
    return Error("the data URL is not data:<type>;base64,<content>: its type holds a character it may not");
  const auto begin = static_cast<std::uint64_t>(before.data() + before.size() + 1 - head.data());
  const auto length = base64_length(file, begin);
  if (!length) return Error(length.error());
  return DataUrl{.path = file.path(),
                 .size_bytes = file.size_bytes(),
                 .media_type = std::string(type),
                 .begin = begin,
                 .length = *length};
}

}  // namespace

std::expected<Link, std::string> read_link(const std::filesystem::path& path) {
  const File file(path);
  std::array<char, kHeadBytes> buffer;
  const std::string_view head = file.read(0, buffer);
  std::string_view text = head;
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  if (text.find('\0') != text.npos) return Error("is not text: save it as UTF-8 with one address in it");
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  if (text.empty()) return Error("is empty: write an http or https address or a data URL into it");

  if (text.starts_with('[') || text.starts_with('#')) {
    const auto address = address_of_shortcut(text);
    if (!address) return Error(address.error());
    if (!is_web_address(*address))
      return Error("the shortcut's URL= is no http or https address: the service fetches from no others");
    return web_address(*address);
  }
  if (begins(text, "data:")) return data_url(file, head, text);
  if (!is_web_address(text))
    return Error("holds no http, https or data URL: write the document's address into it, on one line");
  const std::string_view address = trimmed(next_line(text));
  if (!trimmed(text).empty()) return Error("has more than one line: write one address into it");
  return web_address(address);
}

}  // namespace chunkrd::taskapi
