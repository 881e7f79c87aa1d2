#include "local/parser/hocr.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <pugixml.hpp>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

/// hOCR keeps its numbers in the title: "bbox 36 92 580 122; baseline 0 -5; x_size 30".
/// Gives the numbers of the property `name`, at most 4; absent ones are 0.
std::array<double, 4> numbers(std::string_view title, std::string_view name) {
  std::array<double, 4> found{};
  const auto at = title.find(name);
  if (at == std::string_view::npos) return found;
  const std::string_view rest = title.substr(at + name.size());
  std::size_t i = 0;
  for (const std::string_view word : words_of(rest.substr(0, rest.find(';')))) {
    if (i == found.size()) break;
    std::from_chars(word.data(), word.data() + word.size(), found[i++]);
  }
  return found;
}

bool has_class(const pugi::xml_node& node, std::string_view name) {
  return node.attribute("class").value() == name;
}

Box box_in(std::string_view title) {
  const auto [left, top, right, bottom] = numbers(title, "bbox ");
  return {left, top, right, bottom};
}

/// Below it, marks alone are what tesseract makes of rules, specks and the edges of pictures. Letters and
/// figures stay, however faint: a doubt is stated as `confidence`, and what is printed never vanishes.
constexpr double kBelievableMark = 0.3;

bool is_mark(std::string_view text) {
  return text.find_first_not_of("|_-~.,'`\":;=/\\<>^*()[]{}!#+") == std::string_view::npos || text == "—" ||
         text == "–" || text == "‘" || text == "’" || text == "“" || text == "”" || text == "«" ||
         text == "»" || text == "•" || text == "·" || text == "°";
}

constexpr std::size_t kWordsOfLongLine = 5;

std::vector<Word> words_in(const pugi::xml_node& line) {
  std::vector<Word> words;
  for (const pugi::xml_node& node : line.children("span")) {
    if (!has_class(node, "ocrx_word")) continue;
    const std::string_view title = node.attribute("title").value();
    std::string text;
    struct Texts : pugi::xml_tree_walker {
      explicit Texts(std::string& into) : all(into) {}
      bool for_each(pugi::xml_node& child) override {
        all += child.value();
        return true;
      }
      std::string& all;
    } texts(text);
    const_cast<pugi::xml_node&>(node).traverse(texts);
    const double confidence = numbers(title, "x_wconf ")[0] / 100;
    const auto parts = words_of(text);
    if (parts.empty() || (confidence < kBelievableMark && std::ranges::all_of(parts, is_mark))) continue;
    for (std::string spaced; const std::string_view part : parts) {
      if (!spaced.empty()) spaced += ' ';
      text = spaced += part;
    }
    words.push_back({.box = box_in(title), .text = std::move(text), .confidence = confidence});
  }
  return words;
}

/// Reads one ocr_page.
class PageReader {
 public:
  Page read(const pugi::xml_node& node) {
    const Box box = box_in(node.attribute("title").value());
    page_.width = box.right;
    page_.height = box.bottom;
    page_.source = TextSource::ocr;
    read_lines(node);
    const double turn = turn_of_page();
    for (Line& line : page_.lines) line.base -= turn * line.box.left;
    return std::move(page_);
  }

 private:
  /// ocr_line, ocr_header, ocr_caption, ocr_textfloat: every span straight below a paragraph.
  void read_lines(const pugi::xml_node& node) {
    for (const pugi::xml_node& child : node.children()) {
      if (!has_class(child, "ocr_par")) {
        read_lines(child);
        continue;
      }
      for (const pugi::xml_node& span : child.children("span")) read_line(span);
    }
  }

  void read_line(const pugi::xml_node& span) {
    std::vector<Word> words = words_in(span);
    if (words.empty()) return;
    page_.ocr_words.insert(page_.ocr_words.end(), words.begin(), words.end());
    Line line = line_of(std::move(words));
    const std::string_view title = span.attribute("title").value();
    // Boxes are tight around the ink, so a line without a "p" is lower; x_size is not.
    const double size = numbers(title, "x_size ")[0];
    if (size > 0) line.size = size;
    // "baseline SLOPE OFFSET", counted from the box's lower left corner.
    const auto [slope, offset, unused, unused_too] = numbers(title, "baseline ");
    line.base = line.box.bottom + offset;
    if (line.words.size() >= kWordsOfLongLine) slopes_.push_back(slope);
    page_.lines.push_back(std::move(line));
  }

  /// What the long lines say; short ones cannot be measured well.
  double turn_of_page() {
    if (slopes_.empty()) return 0;
    std::ranges::sort(slopes_);
    return slopes_[slopes_.size() / 2];
  }

  Page page_;
  std::vector<double> slopes_;
};

}  // namespace

std::vector<Page> read_hocr(std::string hocr) {
  make_xml_clean(hocr);
  pugi::xml_document document;
  const auto result = document.load_buffer_inplace(hocr.data(), hocr.size());
  if (!result)
    throw std::runtime_error(std::string("tesseract wrote hOCR that cannot be read: ") +
                             result.description());
  std::vector<Page> pages;
  for (const pugi::xml_node& node : document.child("html").child("body").children("div")) {
    if (!has_class(node, "ocr_page")) continue;
    Page page = PageReader().read(node);
    page.number = static_cast<std::uint32_t>(pages.size()) + 1;
    pages.push_back(std::move(page));
  }
  return pages;
}

void scale(Page& page, double x, double y) {
  for (Line& line : page.lines) {
    line.box = scaled(line.box, x, y);
    line.size *= y;
    line.base *= y;
    for (Word& word : line.words) word.box = scaled(word.box, x, y);
  }
  for (Word& word : page.ocr_words) word.box = scaled(word.box, x, y);
  for (Box& picture : page.pictures) picture = scaled(picture, x, y);
  if (page.placement) {
    Placement& placement = *page.placement;
    placement.seen_width *= x;
    placement.seen_height *= y;
    placement.upright_width *= x;
    placement.upright_height *= y;
  }
  page.width *= x;
  page.height *= y;
}

}  // namespace chunkrd::local
