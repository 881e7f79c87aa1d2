#include "config/yaml_mistakes.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <sstream>
#include <vector>

namespace chunkrd::config {
namespace {

YAML::Mark mark_at(int line, int column) {
  YAML::Mark mark;
  mark.line = line;
  mark.column = column;
  return mark;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

std::size_t indentation_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

// --- encoding

std::optional<YamlMistake> mistake_in_encoding(const std::string& text) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    return YamlMistake{mark_at(0, 0), "the file is UTF-16; save it as UTF-8"};
  const auto lines = lines_of(text);
  for (std::size_t number = 0; number < lines.size(); ++number) {
    const std::string& line = lines[number];
    const auto at = [&](std::size_t column) {
      return mark_at(static_cast<int>(number), static_cast<int>(column));
    };
    if (!simdjson::validate_utf8(line)) return YamlMistake{at(0), "the line is not valid UTF-8"};
    for (std::size_t column = 0; column < line.size(); ++column) {
      const auto byte = static_cast<unsigned char>(line[column]);
      if (byte == 0) return YamlMistake{at(column), "the file has a NUL byte; it is not text"};
      if (byte == '\r' && column + 1 < line.size())
        return YamlMistake{at(column),
                           "a line ends with CR alone; save the file with LF (or CR LF) as ends of lines"};
      if ((byte < 0x20 && byte != '\t' && byte != '\r') || byte == 0x7F)
        return YamlMistake{at(column),
                           fmt::format("a control character (0x{:02X}) stands here; remove it", byte)};
    }
  }
  return std::nullopt;
}

// --- quotes

/// A text in quotes.
struct Quoted {
  YAML::Mark begin;
  int last_line = 0;
  bool closed = false;
};

// Finds texts in quotes as the parser does, as far as that goes without it: what follows a name, a dash, a
// comma or a bracket, outside comments and blocks of text (`|`, `>`).
class QuoteReader {
 public:
  explicit QuoteReader(const std::string& text) : lines_(lines_of(text)) {}

  std::vector<Quoted> read() {
    for (line_ = 0; line_ < lines_.size(); ++line_) {
      if (in_block()) continue;
      read_line();
    }
    return std::move(found_);
  }

 private:
  bool in_block() {
    const std::string& line = lines_[line_];
    if (!block_) return false;
    if (line.find_first_not_of(" \r") == std::string::npos || indentation_of(line) > *block_) return true;
    block_.reset();
    return false;
  }

  void read_line() {
    const std::size_t begun_at = line_;
    bool may_begin = true;  // a text, here
    for (column_ = 0; line_ < lines_.size() && column_ < lines_[line_].size(); ++column_) {
      const std::string& line = lines_[line_];
      const char c = line[column_];
      if (c == ' ' || c == '\t' || c == '\r') continue;
      if (c == '#' && (column_ == 0 || line[column_ - 1] == ' ')) return;
      if (may_begin && (c == '"' || c == '\'')) {
        // A first one may be part of a text that goes on from the line above.
        if (column_ == indentation_of(line) && depth_ == 0 && line.find(c, column_ + 1) == line.npos) return;
        read_quoted(c);
        may_begin = false;
        continue;
      }
      if (may_begin && (c == '|' || c == '>')) {
        block_ = indentation_of(lines_[begun_at]);
        return;
      }
      const bool spaced = column_ + 1 >= line.size() || line[column_ + 1] == ' ' || line[column_ + 1] == '\r';
      if (may_begin && (c == '[' || c == '{')) {
        ++depth_;
      } else if (depth_ > 0 && (c == ']' || c == '}')) {
        --depth_;
        may_begin = false;
      } else {
        may_begin = (c == ',' && depth_ > 0) || (c == ':' && spaced) || (may_begin && c == '-' && spaced);
      }
    }
  }

  // Leaves line and column at the closing quote.
  void read_quoted(char quote) {
    Quoted quoted{mark_at(static_cast<int>(line_), static_cast<int>(column_)), static_cast<int>(line_),
                  false};
    ++column_;
    for (; line_ < lines_.size(); ++line_, column_ = 0)
      for (const std::string& line = lines_[line_]; column_ < line.size(); ++column_) {
        if (quote == '"' && line[column_] == '\\') {
          ++column_;
        } else if (line[column_] == quote) {
          if (quote == '\'' && column_ + 1 < line.size() && line[column_ + 1] == quote) {
            ++column_;
            continue;
          }
          quoted.closed = true;
          quoted.last_line = static_cast<int>(line_);
          found_.push_back(quoted);
          return;
        }
      }
    found_.push_back(quoted);
  }

  std::vector<std::string> lines_;
  std::size_t line_ = 0, column_ = 0;
  int depth_ = 0;                     ///< of lists and maps in brackets
  std::optional<std::size_t> block_;  ///< a block of text: what is further in than this belongs to it
  std::vector<Quoted> found_;
};

// --- what the parser says

/// What yaml-cpp says, and what that means to who has written the file.
struct Explanation {
  std::string_view message, meaning;
};
constexpr std::string_view kIndentation =
    "this line does not fit those above: is it as far in as its neighbours, and is a text with \": \" in it "
    "quoted?";
constexpr std::string_view kQuote = "a text that begins with such a character needs quotes: '*.pdf'";

std::string meaning_of(const std::string& message) {
  using namespace YAML;
  const Explanation explanations[] = {
      {ErrorMsg::MAP_VALUE, kIndentation},
      {ErrorMsg::MAP_KEY, kIndentation},
      {ErrorMsg::END_OF_MAP, kIndentation},
      {ErrorMsg::END_OF_SEQ,
       "this line belongs to no entry of the list above: begin an entry with \"- \", as far in as the "
       "others, or "
       "write the line as far out as the key of the list"},
      {ErrorMsg::BLOCK_ENTRY, "\"- \" begins an entry of a list: on a line of its own, below the list's key"},
      {ErrorMsg::END_OF_SEQ_FLOW, "a \",\" or a \"]\" is missing before this"},
      {ErrorMsg::END_OF_MAP_FLOW, "a \",\" or a \"}\" is missing before this"},
      {ErrorMsg::FLOW_END, "a \"]\" or \"}\" that nothing has opened"},
      {ErrorMsg::INVALID_ESCAPE, "in double quotes a \\ begins an escape: use single quotes"},
      {ErrorMsg::UNKNOWN_TOKEN, kQuote},
      {ErrorMsg::CHAR_IN_ALIAS, kQuote},
      {ErrorMsg::ALIAS_NOT_FOUND, kQuote},
      {ErrorMsg::CHAR_IN_ANCHOR, kQuote},
      {ErrorMsg::ANCHOR_NOT_FOUND, kQuote},
      {ErrorMsg::UNKNOWN_ANCHOR, kQuote},
      // Of its own depth limit of 500.
      {ErrorMsg::BAD_FILE, "values are nested too deeply"},
  };
  for (const Explanation& one : explanations)
    if (message.starts_with(one.message)) return std::string(one.meaning);
  return "this is no YAML: " + message;
}

// What indents a line up to the one that was refused and is no space.
std::optional<YamlMistake> mistake_in_indentation(const std::vector<std::string>& lines, int last_line) {
  for (int number = 0; number <= last_line && number < static_cast<int>(lines.size()); ++number) {
    const std::string_view line = lines[static_cast<std::size_t>(number)];
    const std::size_t first = indentation_of(line);
    const YAML::Mark at = mark_at(number, static_cast<int>(first));
    if (line.substr(first).starts_with('\t'))
      return YamlMistake{at, "a tab indents this line; YAML allows only spaces there"};
    if (line.substr(first).starts_with("\u00A0"))
      return YamlMistake{at, "a no-break space indents this line; YAML allows only spaces there"};
  }
  return std::nullopt;
}

// A line without ": " is taken for a text that goes on with the next one, where it is refused.
std::optional<YamlMistake> name_without_colon(const std::vector<std::string>& lines, int refused) {
  for (int number = refused - 1; number >= 0 && number < static_cast<int>(lines.size()); --number) {
    const std::string& line = lines[static_cast<std::size_t>(number)];
    std::size_t first = line.find_first_not_of(" -\r");
    if (first == std::string::npos || line[first] == '#') continue;
    if (line.find(": ", first) != std::string::npos || line.find(":\r", first) != std::string::npos ||
        line.ends_with(':') || std::string_view("[{\"'|>").contains(line[first]))
      return std::nullopt;
    return YamlMistake{mark_at(number, static_cast<int>(first)),
                       "this line has no name with a \": \" behind it (the space belongs to it)"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<YamlMistake> mistake_in(const std::string& text) {
  if (auto mistake = mistake_in_encoding(text)) return mistake;
  for (const Quoted& quoted : QuoteReader(text).read())
    if (!quoted.closed) return YamlMistake{quoted.begin, "a quote is opened here and never closed"};
  return std::nullopt;
}

YamlMistake explained(const YAML::Exception& error, const std::string& text) {
  const auto lines = lines_of(text);
  if (auto mistake = mistake_in_indentation(lines, error.mark.line)) return *mistake;
  // One that was closed by the quote that should have opened the next text.
  for (const Quoted& quoted : QuoteReader(text).read())
    if (quoted.last_line > quoted.begin.line && quoted.last_line == error.mark.line)
      return {quoted.begin,
              fmt::format("a quote is opened here and closed only in line {}", quoted.last_line + 1)};
  if (error.msg.starts_with(YAML::ErrorMsg::MAP_VALUE))
    if (auto mistake = name_without_colon(lines, error.mark.line)) return *mistake;
  return {error.mark, meaning_of(error.msg)};
}

}  // namespace chunkrd::config
