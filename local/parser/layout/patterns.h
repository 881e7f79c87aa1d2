#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What the first words of a piece of text say about it.
namespace chunkrd::local::layout {

struct ListMarker {
  std::string text;         ///< "-" for every bullet, else as it stands: "3." "(a)"
  std::size_t length = 0;   ///< bytes of the text up to the item's own first word
  bool is_certain = false;  ///< a bullet; a number or a dash may also begin a line of prose
};

/// The list marker that `text` begins with, if something follows it.
std::optional<ListMarker> list_marker(std::string_view text);

/// "•", "12." and nothing else.
bool is_only_a_marker(std::string_view text);

/// "2.1 Results", "3 Method": the number of a section and a capital letter.
bool begins_with_section_number(std::string_view text);

/// "Figure 3: ...", "Tab. 1. ...".
bool is_caption(std::string_view text);

/// The number that "vii" or "- vii -" is: nothing else stands on the line.
std::optional<int> roman_page_number(std::string_view text);

/// "1 See ...", "* Preliminary", with the mark of a footnote.
bool begins_with_note_mark(std::string_view text);

/// A letter somewhere, and no small one.
bool is_all_capitals(std::string_view text);

/// "Cargo . . . . . . 3": dots that lead the eye to a page number, as in a table of contents.
bool has_leader(std::string_view text);

/// The same with one "…" for the dots.
std::string without_leader(std::string_view text);

/// Joins a paragraph's next line to it: with a space, or without one and without the hyphen where a word
/// was divided.
void join_line(std::string& paragraph, std::string_view line);

}  // namespace chunkrd::local::layout
