#include "cli/terminal.h"

#include <locale.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <vector>

namespace chunkrd::cli {
namespace {

constexpr const char* kEllipsis = "…";

// Made once: it costs more than a line of a table. Null where the system has no such locale: then a byte
// counts as a column.
locale_t utf8_locale() {
  static const locale_t locale = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

// While it lives, the C library takes texts of this thread for UTF-8, whatever $LANG says.
class Utf8 {
 public:
  Utf8() : before_(::uselocale(utf8_locale())) {}
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;
  ~Utf8() { ::uselocale(before_); }

 private:
  locale_t before_;
};

struct Character {
  std::string_view bytes;
  int columns;
};

std::vector<Character> characters(std::string_view text) {
  const Utf8 utf8;
  std::vector<Character> all;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t wide = 0;
    std::size_t length = std::mbrtowc(&wide, text.data(), text.size(), &state);
    int columns = 1;
    if (length == 0 || length > text.size()) {
      state = {};
      length = 1;
    } else if (const int width = ::wcwidth(wide); width >= 0) {
      columns = width;
    }
    all.push_back({text.substr(0, length), columns});
    text.remove_prefix(length);
  }
  return all;
}

std::optional<int> columns_in_environment() {
  const char* text = std::getenv("COLUMNS");
  int columns = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, error] = std::from_chars(text, text + std::strlen(text), columns);
  if (error != std::errc() || *end != '\0' || columns < 1) return std::nullopt;
  return columns;
}

// NO_COLOR counts when it is there and not empty.
bool wants_colours() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  return (no_color == nullptr || *no_color == '\0') && (term == nullptr || std::string_view(term) != "dumb");
}

const char* escape_for(Look look) {
  switch (look) {
    case Look::plain:
      return "";
    case Look::strong:
      return "\x1b[1m";
    case Look::dim:
      return "\x1b[2m";
    case Look::good:
      return "\x1b[32m";
    case Look::bad:
      return "\x1b[31m";
    case Look::warning:
      return "\x1b[33m";
    case Look::busy:
      return "\x1b[36m";
  }
  return "";
}

}  // namespace

Terminal Terminal::of(std::FILE* stream) {
  const int fd = ::fileno(stream);
  if (::isatty(fd) == 0) return {};
  Terminal terminal{.columns = columns_in_environment(), .colours = wants_colours()};
  winsize size{};
  constexpr int kUsual = 80;
  if (!terminal.columns && ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    terminal.columns = size.ws_col;
  if (!terminal.columns) terminal.columns = kUsual;
  return terminal;
}

std::string Terminal::shown(std::string_view text, Look look) const {
  if (!colours || look == Look::plain || text.empty()) return std::string(text);
  return std::string(escape_for(look)).append(text).append("\x1b[0m");
}

int display_width(std::string_view text) {
  const auto is_ascii = [](char c) { return static_cast<unsigned char>(c) < 0x80; };
  if (std::ranges::all_of(text, is_ascii)) return static_cast<int>(text.size());
  int columns = 0;
  for (const Character& character : characters(text)) columns += character.columns;
  return columns;
}

std::string shortened(std::string_view text, int columns) {
  if (display_width(text) <= columns) return std::string(text);
  if (columns < 1) return {};
  const auto all = characters(text);
  const int behind_most = (columns - 1) / 2;
  std::size_t end = all.size();
  int behind = 0;
  while (end > 0 && behind + all[end - 1].columns <= behind_most) behind += all[--end].columns;
  std::string result;
  int before = 0;
  for (std::size_t i = 0; i < end && before + all[i].columns <= columns - 1 - behind; ++i) {
    before += all[i].columns;
    result += all[i].bytes;
  }
  result += kEllipsis;
  for (std::size_t i = end; i < all.size(); ++i) result += all[i].bytes;
  return result;
}

}  // namespace chunkrd::cli
