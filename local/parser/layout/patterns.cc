#include "local/parser/layout/patterns.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "local/parser/unicode.h"

namespace chunkrd::local::layout {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_small(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_capital(char c) {
  return c >= 'A' && c <= 'Z';
}
bool is_byte_of_umlaut(char c) {
  return (static_cast<unsigned char>(c) & 0x80) != 0;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_digit);
}

bool contains(std::span<const std::string_view> all, std::string_view one) {
  return std::ranges::find(all, one) != all.end();
}

std::string lower(std::string_view text) {
  std::string small(text);
  for (char& c : small)
    if (is_capital(c)) c = static_cast<char>(c - 'A' + 'a');
  return small;
}

bool is_bullet(std::string_view word) {
  // The last ones are where symbol fonts put their bullets.
  static constexpr std::array<std::string_view, 18> kBullets{"•", "◦", "▪", "▫",      "‣",      "·",
                                                             "●", "○", "■", "□",      "➢",      "➤",
                                                             "✓", "∙", "⁃", "\uF0B7", "\uF0A7", "\uF06E"};
  return contains(kBullets, word);
}

bool is_dash(std::string_view word) {
  return word == "-" || word == "–" || word == "—" || word == "*";
}

bool is_roman(std::string_view text) {
  return !text.empty() && text.size() <= 6 &&
         std::ranges::all_of(text, [](char c) { return std::string_view("ivx").contains(c); });
}

/// "3." "12)" "(a)" "iv."
bool is_item_number(std::string_view word) {
  const bool opened = word.starts_with('(');
  if (opened) word.remove_prefix(1);
  if (word.empty() || !(word.ends_with(')') || (word.ends_with('.') && !opened))) return false;
  word.remove_suffix(1);
  return (all_digits(word) && word.size() <= 2) ||
         (word.size() == 1 && (is_small(word[0]) || is_capital(word[0]))) || is_roman(word);
}

bool is_number_of_figure(std::string_view word) {
  while (!word.empty() && std::string_view(".:").contains(word.back())) word.remove_suffix(1);
  return !word.empty() && is_digit(word.back()) && word.size() <= 6;
}

}  // namespace

std::optional<ListMarker> list_marker(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() < 2) return std::nullopt;
  const std::string_view first = words.front();
  const auto length = static_cast<std::size_t>(words[1].data() - text.data());
  if (is_bullet(first)) return ListMarker{"-", length, true};
  if (is_dash(first)) return ListMarker{"-", length, false};
  if (is_item_number(first)) return ListMarker{std::string(first), length, false};
  return std::nullopt;
}

bool is_only_a_marker(std::string_view text) {
  return is_bullet(text) || is_dash(text) || is_item_number(text);
}

bool begins_with_section_number(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() < 2) return false;
  std::string_view number = words.front();
  if (number.ends_with('.')) number.remove_suffix(1);
  if (number.empty() || number.size() > 8 || !is_digit(number.front()) || !is_digit(number.back()))
    return false;
  if (!std::ranges::all_of(number, [](char c) { return is_digit(c) || c == '.'; })) return false;
  if (number.find('.') == std::string_view::npos && number.size() > 2) return false;
  return is_capital(words[1].front()) || is_byte_of_umlaut(words[1].front());
}

bool is_caption(std::string_view text) {
  static constexpr std::array<std::string_view, 13> kNames{
      "figure", "fig.",    "fig",   "table",   "tab.",   "chart",  "abbildung",
      "abb.",   "tabelle", "plate", "listing", "scheme", "picture"};
  const auto words = words_of(text);
  if (words.size() < 2) return false;
  if (!contains(kNames, std::string_view(lower(words[0]))) || !is_number_of_figure(words[1])) return false;
  // "Figure 3 shows that" is a sentence, "Figure 3: The house" a caption.
  if (words[1].ends_with(':') || words[1].ends_with('.')) return true;
  return words.size() == 2 || words[2] == "–" || words[2] == "-" || words[2] == "—" || words[2] == ":";
}

std::optional<int> roman_page_number(std::string_view text) {
  auto words = words_of(text);
  std::erase_if(words, is_dash);
  if (words.size() != 1 || !is_roman(words[0])) return std::nullopt;
  const auto value_of = [](char c) { return c == 'x' ? 10 : c == 'v' ? 5 : 1; };
  int number = 0;
  for (std::size_t i = 0; i < words[0].size(); ++i) {
    const int value = value_of(words[0][i]);
    const bool is_taken_off = i + 1 < words[0].size() && value < value_of(words[0][i + 1]);
    number += is_taken_off ? -value : value;
  }
  return number;
}

bool begins_with_note_mark(std::string_view text) {
  const auto words = words_of(text);
  if (words.size() < 2) return false;
  std::string_view first = words.front();
  if (first == "*" || first == "**" || first == "†" || first == "‡" || first == "§") return true;
  if (first.starts_with('*') || first.starts_with("†")) return true;
  // The raised number may have grown together with the first word: "1See".
  const auto digits = std::min(first.find_first_not_of("0123456789"), first.size());
  if (digits == 0 || digits > 2) return false;
  first.remove_prefix(digits);
  return first.empty() || first == "." || first == ")" || is_capital(first.front());
}

bool is_all_capitals(std::string_view text) {
  return std::ranges::any_of(text, is_capital) && std::ranges::none_of(text, is_small);
}

bool has_leader(std::string_view text) {
  return text.contains(". . . .") || text.contains("......");
}

std::string without_leader(std::string_view text) {
  std::string clean;
  bool in_leader = false;
  for (std::string_view word : words_of(text)) {
    const bool is_dots = word.find_first_not_of('.') == std::string_view::npos;
    // The first dots may be glued to the word before them, the last to the number: "Money....... 12".
    const auto run = word.find("....");
    const std::string_view head = is_dots ? std::string_view() : word.substr(0, run);
    if (!head.empty()) {
      if (!clean.empty()) clean += ' ';
      clean += head;
      in_leader = false;
    }
    if ((is_dots || run != std::string_view::npos) && !std::exchange(in_leader, true)) clean += " …";
    if (is_dots || run == std::string_view::npos) continue;
    const auto tail = word.find_first_not_of('.', run);
    if (tail != std::string_view::npos) clean.append(" ").append(word.substr(tail));
  }
  return clean;
}

void join_line(std::string& paragraph, std::string_view line) {
  constexpr std::string_view kSoftHyphen = "\u00AD";
  constexpr std::string_view kHyphen = "\u2010";
  if (paragraph.empty() || line.empty()) {
    paragraph += line;
    return;
  }
  const bool goes_on_small = is_small(line.front()) || is_byte_of_umlaut(line.front());
  if (paragraph.ends_with(kSoftHyphen)) {
    paragraph.resize(paragraph.size() - kSoftHyphen.size());
  } else if (paragraph.ends_with(kHyphen) && goes_on_small) {
    paragraph.resize(paragraph.size() - kHyphen.size());
  } else if (paragraph.ends_with('-') && goes_on_small && paragraph.size() >= 2 &&
             (is_small(paragraph[paragraph.size() - 2]) ||
              is_byte_of_umlaut(paragraph[paragraph.size() - 2]))) {
    paragraph.pop_back();
  } else {
    paragraph += ' ';
  }
  paragraph += line;
}

}  // namespace chunkrd::local::layout
