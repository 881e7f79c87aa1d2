#include "local/parser/text_encoding.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

/// What Windows-1252 has where Latin-1 has control characters; 0 where neither has a letter.
constexpr std::array<char32_t, 32> kFrom0x80{0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
                                             0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
                                             0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                             0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

constexpr char32_t kUnknown = 0xFFFD;

enum class Encoding { bytes, utf16_little, utf16_big };

char32_t from_windows_1252(std::uint8_t byte) {
  if (byte < 0x80 || byte >= 0xA0) return byte;
  const char32_t point = kFrom0x80[byte - 0x80U];
  return point == 0 ? kUnknown : point;
}

std::uint16_t unit_at(std::string_view bytes, std::size_t at, Encoding encoding) {
  const auto first = static_cast<std::uint8_t>(bytes[at]);
  const auto second = static_cast<std::uint8_t>(bytes[at + 1]);
  return encoding == Encoding::utf16_big ? static_cast<std::uint16_t>(first << 8 | second)
                                         : static_cast<std::uint16_t>(second << 8 | first);
}

std::string from_utf16(std::string_view bytes, Encoding encoding) {
  std::string text;
  for (std::size_t at = 0; at + 1 < bytes.size(); at += 2) {
    char32_t point = unit_at(bytes, at, encoding);
    const bool is_high = point >= 0xD800 && point <= 0xDBFF;
    if (is_high && at + 3 < bytes.size()) {
      const char32_t low = unit_at(bytes, at + 2, encoding);
      if (low >= 0xDC00 && low <= 0xDFFF) {
        point = 0x10000 + ((point - 0xD800) << 10) + (low - 0xDC00);
        at += 2;
      }
    }
    append_utf8(text, point >= 0xD800 && point <= 0xDFFF ? kUnknown : point);
  }
  return text;
}

std::string from_bytes(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  for (const std::string_view character : characters_of(bytes)) {
    const auto first = static_cast<std::uint8_t>(character.front());
    if (character.size() == 1 && first >= 0x80) {
      append_utf8(text, from_windows_1252(first));
    } else {
      text += character;
    }
  }
  return text;
}

/// Text of Latin script has a NUL in nearly every second place, and only there.
std::optional<Encoding> unmarked_utf16(std::string_view bytes) {
  if (bytes.size() < 4 || bytes.size() % 2 != 0) return std::nullopt;
  std::array<std::size_t, 2> nuls{};
  for (std::size_t i = 0; i < bytes.size(); ++i)
    if (bytes[i] == '\0') ++nuls[i % 2];
  const std::size_t units = bytes.size() / 2;
  if (nuls[0] == 0 && nuls[1] * 10 >= units * 7) return Encoding::utf16_little;
  if (nuls[1] == 0 && nuls[0] * 10 >= units * 7) return Encoding::utf16_big;
  return std::nullopt;
}

bool is_text(std::string_view text) {
  const auto is_control = [](char c) {
    return (static_cast<unsigned char>(c) < 0x20 && !std::string_view("\t\n\v\f\r\b\x1B").contains(c)) ||
           c == 0x7F;
  };
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(text, is_control));
  return !text.contains('\0') && controls * 200 <= text.size();
}

/// What stands between two lines, on old Macs, on Windows and in Unicode.
std::string with_plain_line_ends(std::string_view text) {
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      plain += text[i];
    } else {
      plain += '\n';
      if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
    }
  }
  return plain;
}

}  // namespace

std::optional<std::string> text_of_file(std::string_view bytes) {
  Encoding encoding = Encoding::bytes;
  if (bytes.starts_with("\xFF\xFE")) {
    encoding = Encoding::utf16_little;
  } else if (bytes.starts_with("\xFE\xFF")) {
    encoding = Encoding::utf16_big;
  } else {
    encoding = unmarked_utf16(bytes).value_or(Encoding::bytes);
  }
  // What an editor of old, or a full block on a disk, leaves behind the end.
  if (encoding == Encoding::bytes)
    while (bytes.ends_with('\0') || bytes.ends_with('\x1A')) bytes.remove_suffix(1);
  std::string text = encoding == Encoding::bytes ? from_bytes(bytes) : from_utf16(bytes, encoding);
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  if (text.starts_with(kMark)) text.erase(0, kMark.size());
  if (text.empty() || !is_text(text)) return std::nullopt;
  return with_plain_line_ends(text);
}

std::string to_windows_1252(std::string_view text) {
  std::string bytes;
  for (const char32_t point : code_points(text)) {
    const auto special = std::ranges::find(kFrom0x80, point);
    if (point < 0x80 || (point >= 0xA0 && point <= 0xFF)) {
      bytes += static_cast<char>(point);
    } else if (point != 0 && special != kFrom0x80.end()) {
      bytes += static_cast<char>(0x80 + (special - kFrom0x80.begin()));
    } else {
      bytes += '?';
    }
  }
  return bytes;
}

}  // namespace chunkrd::local
