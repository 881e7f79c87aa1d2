#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::local {

/// Decodes UTF-8; bytes that are none become U+FFFD, one each.
std::vector<char32_t> code_points(std::string_view text);

/// The same characters, each as its bytes.
std::vector<std::string_view> characters_of(std::string_view text);

/// Replaces, in place, what XML 1.0 does not allow (control characters, bytes that are not UTF-8) by
/// spaces, so that a hostile font cannot make a whole page unreadable.
void make_xml_clean(std::string& text);

/// Adds a code point, which must be one of Unicode's and no surrogate.
void append_utf8(std::string& text, char32_t point);

/// `text` as valid UTF-8: every byte that is none becomes U+FFFD.
std::string to_valid_utf8(std::string_view text);

struct TextQuality {
  std::size_t good = 0;  ///< characters that somebody would type
  std::size_t all = 0;
};

/// Counts private, replacement and control characters of a word as not good; also spaces, which are what
/// make_xml_clean() has left of the latter.
TextQuality quality_of(std::string_view text);

/// The words (runs without white space) of `text`.
std::vector<std::string_view> words_of(std::string_view text);

}  // namespace chunkrd::local
