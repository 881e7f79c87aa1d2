#include "local/parser/render.h"

#include <algorithm>

#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

std::string element(std::string_view name, std::string_view inner) {
  std::string html;
  html.append("<").append(name).append(">").append(inner).append("</").append(name).append(">");
  return html;
}

/// What means something anywhere in Markdown.
std::string escape_marks(std::string_view text) {
  std::string markdown;
  for (const char c : text) {
    if (std::string_view("\\`*<").contains(c)) markdown += '\\';
    markdown += c;
  }
  return markdown;
}

std::string html_table(const TableCells& cells) {
  std::string html = "<table>";
  for (std::size_t row = 0; row < cells.size(); ++row) {
    std::string inner;
    for (const std::string& cell : cells[row]) inner += element(row == 0 ? "th" : "td", escape_html(cell));
    if (row == 0) html += "<thead>" + element("tr", inner) + "</thead><tbody>";
    if (row > 0) html += element("tr", inner);
  }
  return html + "</tbody></table>";
}

std::string pipe_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) {
    row += ' ';
    for (const char c : escape_marks(cell)) {
      if (c == '|') row += '\\';
      row += c == '\n' ? ' ' : c;
    }
    row += " |";
  }
  return row;
}

std::string pipe_table(const TableCells& cells) {
  if (cells.empty()) return {};
  std::string table =
      pipe_row(cells.front()) + '\n' + pipe_row(std::vector<std::string>(cells.front().size(), "---"));
  for (auto row = cells.begin() + 1; row != cells.end(); ++row) table += '\n' + pipe_row(*row);
  return table;
}

bool is_numbered(const Segment& item) {
  return !item.marker.empty() && item.marker != "-";
}

/// The number of an ordered item; 0 if the marker is a letter.
std::string digits_of(std::string_view marker) {
  std::string digits;
  std::ranges::copy_if(marker, std::back_inserter(digits), [](char c) { return c >= '0' && c <= '9'; });
  return digits;
}

void render_item(Segment& item) {
  const std::string inner = element("li", escape_html(item.content));
  const std::string number = digits_of(item.marker);
  if (!number.empty()) {
    item.html = "<ol start=\"" + number + "\">" + inner + "</ol>";
    item.markdown = number + ". " + escape_marks(item.content);
  } else if (is_numbered(item)) {
    item.html = element("ul", element("li", escape_html(item.marker + ' ' + item.content)));
    item.markdown = "- " + item.marker + ' ' + escape_marks(item.content);
  } else {
    item.html = element("ul", inner);
    item.markdown = "- " + escape_markdown(item.content);
  }
}

/// What stands in a picture is its text wherever it is not shown: in a search, or where its address has
/// ended.
std::string alternative(const std::string& html) {
  return html.empty() ? "" : " alt=\"" + html + "\"";
}

std::string text_in_link(const std::string& content) {
  if (content.empty()) return "Image";
  std::string text;
  for (const char c : escape_marks(content)) {
    if (c == '[' || c == ']') text += '\\';
    text += c == '\n' ? ' ' : c;
  }
  return text;
}

/// Two blank-line separated blocks; items of one list stay together.
std::string_view space_between(const Segment& before, const Segment& after) {
  const bool one_list = before.type == SegmentType::ListItem && after.type == SegmentType::ListItem;
  return one_list ? "\n" : "\n\n";
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string html;
  html.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string escape_markdown(std::string_view text) {
  std::string markdown = escape_marks(text);
  // What would begin a heading, a quotation or a list.
  const auto words = words_of(markdown);
  if (words.empty()) return markdown;
  const std::string_view first = words.front();
  if (first.find_first_not_of('#') == std::string_view::npos || first.starts_with('>') || first == "-" ||
      first == "+")
    return '\\' + markdown;
  const auto digits = first.find_first_not_of("0123456789");
  const bool numbered = digits != 0 && digits != std::string_view::npos && digits + 1 == first.size() &&
                        (first[digits] == '.' || first[digits] == ')');
  if (numbered) markdown.insert(digits, "\\");
  return markdown;
}

std::string image_reference(const Segment& segment) {
  return "chunkr-local:images/" + segment.id + ".png";
}

void render(Segment& segment) {
  const std::string html = escape_html(segment.content);
  const std::string markdown = escape_markdown(segment.content);
  switch (segment.type) {
    case SegmentType::Title:
      segment.html = element("h1", html);
      segment.markdown = "# " + escape_marks(segment.content);
      return;
    case SegmentType::SectionHeader:
      segment.html = element("h2", html);
      segment.markdown = "## " + escape_marks(segment.content);
      return;
    case SegmentType::ListItem:
      render_item(segment);
      return;
    case SegmentType::Table:
      segment.html = html_table(segment.cells);
      segment.markdown = pipe_table(segment.cells);
      return;
    case SegmentType::Picture:
      segment.html = "<img src=\"" + image_reference(segment) + "\"" + alternative(html) + " />";
      segment.markdown = "![" + text_in_link(segment.content) + "](" + image_reference(segment) + ")";
      return;
    default:
      segment.html = element("p", html);
      segment.markdown = markdown;
  }
}

std::vector<Segment> merge_into_pages(const std::vector<Segment>& segments) {
  std::vector<Segment> pages;
  const Segment* before = nullptr;
  for (const Segment& segment : segments) {
    if (pages.empty() || pages.back().page_number != segment.page_number) {
      Segment page;
      page.type = SegmentType::Page;
      page.page_number = segment.page_number;
      page.page_width = segment.page_width;
      page.page_height = segment.page_height;
      page.box = {0, 0, segment.page_width, segment.page_height};
      pages.push_back(std::move(page));
      before = nullptr;
    }
    Segment& page = pages.back();
    if (before != nullptr) {
      page.content += '\n';
      page.html += '\n';
      page.markdown += space_between(*before, segment);
    }
    page.content += segment.content;
    page.html += segment.html;
    page.markdown += segment.markdown;
    page.words.insert(page.words.end(), segment.words.begin(), segment.words.end());
    before = &segment;
  }
  return pages;
}

}  // namespace chunkrd::local
