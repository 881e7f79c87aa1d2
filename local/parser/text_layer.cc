#include "local/parser/text_layer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <pugixml.hpp>
#include <stdexcept>
#include <string_view>

#include "local/parser/direction.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

pugi::xml_document load(std::string& xml, const char* program) {
  make_xml_clean(xml);
  pugi::xml_document document;
  // Spaces count in pdftohtml's texts; DOCTYPE and comments do not.
  const auto result = document.load_buffer_inplace(xml.data(), xml.size(), pugi::parse_default);
  if (!result)
    throw std::runtime_error(std::string(program) +
                             " wrote XML that cannot be read: " + result.description());
  return document;
}

Box box_of(const pugi::xml_node& node) {
  return {node.attribute("xMin").as_double(), node.attribute("yMin").as_double(),
          node.attribute("xMax").as_double(), node.attribute("yMax").as_double()};
}

/// Poppler gives NaN and far-away places for text under a broken matrix.
bool is_on_page(const Box& box, const Page& page) {
  const std::array edges{box.left, box.top, box.right, box.bottom};
  for (const double edge : edges)
    if (!std::isfinite(edge)) return false;
  return box.right > box.left && box.bottom > box.top && box.middle_x() >= 0 && box.middle_y() >= 0 &&
         box.middle_x() <= page.width && box.middle_y() <= page.height;
}

std::size_t characters_in(const std::vector<Word>& words) {
  std::size_t characters = 0;
  for (const Word& word : words) characters += characters_of(word.text).size();
  return characters;
}

/// Letters are half as wide as the font is large, on the average. Some fonts (Word's Cambria) claim to be
/// three times as tall as they are.
double size_by_width(const Word& word) {
  return 2 * word.box.width() /
         static_cast<double>(std::max<std::size_t>(1, characters_of(word.text).size()));
}

/// Cuts the boxes of a line in such a font to what its letters need: it would reach over the lines below.
void cut_height(Line& line, const std::multimap<double, const StyledText*>& by_top) {
  constexpr double kSameTop = 2;          // points; pdftohtml rounds
  constexpr double kHighestLine = 2;      // font sizes
  constexpr double kNarrowLetter = 0.25;  // font sizes; a line whose letters were narrower stands upright
  const auto end = by_top.upper_bound(line.box.top + kSameTop);
  for (auto it = by_top.lower_bound(line.box.top - kSameTop); it != end; ++it) {
    const auto& [box, size, bold] = *it->second;
    const double narrowest = kNarrowLetter * size * static_cast<double>(characters_in(line.words));
    if (size <= 0 || common_width(box, line.box) <= 0 || line.box.width() < narrowest) continue;
    if (line.box.height() <= kHighestLine * size) return;
    const double bottom = line.box.top + 1.25 * size;
    line.box.bottom = line.base = bottom;
    for (Word& word : line.words) word.box.bottom = std::min(word.box.bottom, bottom);
    return;
  }
}

/// Poppler parts words also where kerning lets letters overlap ("giv" "es"); a space is a quarter of the
/// size, so what is closer than a tenth belongs together. Raised and lowered figures stay by themselves.
bool is_same_word(const Word& before, const Word& next) {
  const double size = std::min(before.box.height(), size_by_width(before));
  return next.box.left - before.box.right < 0.1 * size && next.box.left > before.box.left &&
         std::abs(next.box.top - before.box.top) < 0.02 * size &&
         std::abs(next.box.bottom - before.box.bottom) < 0.02 * size;
}

/// The words of a line that lie on the page as people see it.
std::vector<Word> words_on(const pugi::xml_node& line, const Page& page) {
  std::vector<Word> words;
  for (const pugi::xml_node& word : line.children("word")) {
    Word read{.box = box_of(word), .text = word.text().get(), .confidence = std::nullopt};
    if (read.text.empty() || !is_on_page(read.box, page)) continue;
    read.box = clipped(read.box, page.width, page.height);
    words.push_back(std::move(read));
  }
  return words;
}

/// Whole words, from left to right on an upright page.
Line line_from(std::vector<Word> pieces) {
  std::vector<Word> words;
  for (Word& piece : pieces) {
    if (words.empty() || !is_same_word(words.back(), piece)) {
      words.push_back(std::move(piece));
      continue;
    }
    words.back().text += piece.text;
    words.back().box = join(words.back().box, piece.box);
  }
  for (Word& word : words) word.text = in_reading_order(word.text);
  return line_of(std::move(words));
}

/// The quarter turns clockwise that set a line upright, by how its words follow each other; nothing for a
/// line of one word.
std::optional<int> turn_of(const std::vector<Word>& words) {
  if (words.size() < 2) return std::nullopt;
  const double right = words.back().box.middle_x() - words.front().box.middle_x();
  const double down = words.back().box.middle_y() - words.front().box.middle_y();
  if (std::abs(right) >= std::abs(down)) return right >= 0 ? 0 : 2;
  return down >= 0 ? 3 : 1;
}

/// What most letters of a page say: a sheet may be printed on its side, with a note or two along its edge.
int turn_of(const std::vector<std::vector<Word>>& lines) {
  std::array<std::size_t, 4> letters{};
  for (const std::vector<Word>& line : lines)
    if (const auto turn = turn_of(line)) letters[static_cast<std::size_t>(*turn)] += characters_in(line);
  return static_cast<int>(std::ranges::max_element(letters) - letters.begin());
}

void read_lines(const pugi::xml_node& node, Page& page) {
  std::vector<std::vector<Word>> lines;
  for (const pugi::xml_node& flow : node.children("flow"))
    for (const pugi::xml_node& block : flow.children("block"))
      for (const pugi::xml_node& line : block.children("line"))
        if (auto words = words_on(line, page); !words.empty()) lines.push_back(std::move(words));
  if (const int turn = turn_of(lines); turn != 0) {
    page.placement = quarter_turned(turn, page.width, page.height);
    page.width = page.placement->upright_width;
    page.height = page.placement->upright_height;
    for (std::vector<Word>& line : lines)
      for (Word& word : line) word.box = page.placement->on_upright_page(word.box);
  }
  for (std::vector<Word>& line : lines) page.lines.push_back(line_from(std::move(line)));
}

TextQuality quality_of(const Page& page) {
  TextQuality sum;
  for (const Line& line : page.lines) {
    for (const Word& word : line.words) {
      const TextQuality quality = local::quality_of(word.text);
      sum.good += quality.good;
      sum.all += quality.all;
    }
  }
  return sum;
}

}  // namespace

std::vector<Page> read_text_layer(std::string xml, std::uint32_t first_page,
                                  const std::map<std::uint32_t, PageFrame>& frames) {
  const pugi::xml_document document = load(xml, "pdftotext");
  std::vector<Page> pages;
  for (const pugi::xml_node& node : document.child("html").child("body").child("doc").children("page")) {
    Page page;
    page.number = first_page + static_cast<std::uint32_t>(pages.size());
    const auto frame = frames.find(page.number);
    page.width = frame != frames.end() ? frame->second.width : node.attribute("width").as_double();
    page.height = frame != frames.end() ? frame->second.height : node.attribute("height").as_double();
    read_lines(node, page);
    pages.push_back(std::move(page));
  }
  return pages;
}

std::vector<std::vector<StyledText>> read_styles(std::string xml) {
  const pugi::xml_document document = load(xml, "pdftohtml");
  std::vector<std::vector<StyledText>> pages;
  std::map<std::string, double, std::less<>> sizes;
  for (const pugi::xml_node& node : document.child("pdf2xml").children("page")) {
    for (const pugi::xml_node& font : node.children("fontspec"))
      sizes[font.attribute("id").value()] = font.attribute("size").as_double();
    std::vector<StyledText>& styles = pages.emplace_back();
    for (const pugi::xml_node& text : node.children("text")) {
      const double left = text.attribute("left").as_double();
      const double top = text.attribute("top").as_double();
      const Box box{left, top, left + text.attribute("width").as_double(),
                    top + text.attribute("height").as_double()};
      const bool bold =
          text.find_node([](const pugi::xml_node& child) { return std::string_view(child.name()) == "b"; });
      styles.push_back({box, sizes[text.attribute("font").value()], bold});
    }
  }
  return pages;
}

void apply_styles(Page& page, const std::vector<StyledText>& styles) {
  // pdftohtml knows nothing of the length of lines that do not stand upright.
  if (page.placement) return;
  std::multimap<double, const StyledText*> by_middle, by_top;
  for (const StyledText& style : styles) {
    by_middle.emplace(style.box.middle_y(), &style);
    by_top.emplace(style.box.top, &style);
  }
  for (Line& line : page.lines) {
    cut_height(line, by_top);
    double bold_width = 0;
    double width = 0;
    double size = 0;
    const auto end = by_middle.upper_bound(line.box.bottom);
    for (auto it = by_middle.lower_bound(line.box.top); it != end; ++it) {
      const double common = common_width(it->second->box, line.box);
      if (common <= 0) continue;
      width += common;
      if (it->second->bold) bold_width += common;
      size = std::max(size, it->second->size);
    }
    line.bold = width > 0 && bold_width > 0.8 * width;
    if (size > 0) line.size = size;
  }
}

bool is_good_text_layer(const Page& page) {
  // A scanner's stamp or page number over an image is a text layer too, but not the page's text.
  constexpr std::size_t kFewCharacters = 20;
  return quality_of(page).all >= kFewCharacters && has_clean_text(page);
}

bool has_clean_text(const Page& page) {
  const TextQuality quality = quality_of(page);
  return quality.all > 0 && quality.good * 10 >= quality.all * 9;
}

}  // namespace chunkrd::local
