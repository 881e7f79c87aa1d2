#include "config/document.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::config {
namespace {

// Far above any real file; a mistaken path to something huge is noticed at once.
constexpr std::size_t kMostBytes = 1 << 20;

[[noreturn]] void give_up(Problems& problems, const YAML::Mark& mark, std::string_view message) {
  problems.add(mark, "", message);
  problems.throw_if_any();
  std::abort();
}

std::string read_file(Problems& problems) {
  errno = 0;
  std::ifstream in(problems.file(), std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    // That says nothing about the file: a sidecar is no bad one for it.
    if (const std::error_code error(errno, std::generic_category()); is_shortage(error))
      throw std::system_error(error, "read " + printable(problems.file().native()));
    give_up(problems, YAML::Mark::null_mark(),
            fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostBytes) {
    give_up(problems, YAML::Mark::null_mark(), "is larger than 1 MiB; this is no configuration of chunkrd");
  }
  return text;
}

YAML::Mark mark_at(int line, int column) {
  YAML::Mark mark;
  mark.line = line;
  mark.column = column;
  return mark;
}

void check_encoding(const std::string& text, Problems& problems) {
  std::istringstream lines(text);
  std::string line;
  for (int number = 0; std::getline(lines, line); ++number) {
    if (!simdjson::validate_utf8(line)) give_up(problems, mark_at(number, 0), "the line is not valid UTF-8");
    const std::size_t nul = line.find('\0');
    if (nul != std::string::npos) {
      give_up(problems, mark_at(number, static_cast<int>(nul)), "the file has a NUL byte; it is not text");
    }
  }
}

// The place of the first tab that indents a line up to `last_line`, or a null mark.
YAML::Mark first_indenting_tab(const std::string& text, int last_line) {
  std::istringstream lines(text);
  std::string line;
  for (int number = 0; number <= last_line && std::getline(lines, line); ++number) {
    const std::size_t tab = line.find_first_not_of(' ');
    if (tab != std::string::npos && line[tab] == '\t') return mark_at(number, static_cast<int>(tab));
  }
  return YAML::Mark::null_mark();
}

/// What yaml-cpp says, and what that mostly means to who has written the file.
struct Explanation {
  std::string_view message, meaning;
};
constexpr std::string_view kIndentation =
    "does the indentation fit the lines above, and is a text with \": \" in it quoted?";
constexpr std::string_view kQuote = "quote a text that begins with such a character: '*.pdf'";

std::string explain(const std::string& message) {
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
      {ErrorMsg::END_OF_SEQ_FLOW, "a \"]\" is missing"},
      {ErrorMsg::END_OF_MAP_FLOW, "a \"}\" is missing"},
      {ErrorMsg::FLOW_END, "a \"]\" or \"}\" that nothing has opened"},
      {ErrorMsg::INVALID_ESCAPE, "in double quotes a \\ begins an escape: use single quotes"},
      {ErrorMsg::UNKNOWN_TOKEN, kQuote},
      {ErrorMsg::CHAR_IN_ALIAS, kQuote},
      {ErrorMsg::ALIAS_NOT_FOUND, kQuote},
      {ErrorMsg::CHAR_IN_ANCHOR, kQuote},
      {ErrorMsg::ANCHOR_NOT_FOUND, kQuote},
      {ErrorMsg::UNKNOWN_ANCHOR, kQuote},
  };
  for (const Explanation& one : explanations)
    if (message.starts_with(one.message)) return fmt::format("{} ({})", message, one.meaning);
  // What yaml-cpp 0.7 says when its own depth limit of 500 is reached.
  if (message == ErrorMsg::BAD_FILE) return "values are nested too deeply";
  return message;
}

}  // namespace

YAML::Node load_document(Problems& problems, std::string_view if_empty) {
  const std::string text = read_file(problems);
  check_encoding(text, problems);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents.front().IsNull()) {
      give_up(problems, mark_at(0, 0), fmt::format("the file is empty; {}", if_empty));
    }
    if (documents.size() > 1) {
      give_up(problems, documents[1].Mark(), "a second document begins here; one file has one document");
    }
    return documents.front();
  } catch (const YAML::Exception& error) {
    const YAML::Mark tab = first_indenting_tab(text, error.mark.line);
    if (!tab.is_null()) give_up(problems, tab, "a tab indents this line; YAML allows only spaces there");
    give_up(problems, error.mark, "not YAML: " + explain(error.msg));
  }
}

}  // namespace chunkrd::config
