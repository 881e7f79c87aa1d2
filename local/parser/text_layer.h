#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "local/parser/page.h"
#include "local/parser/page_frame.h"

namespace chunkrd::local {

/// Reads what `pdftotext -bbox-layout` writes about the pages from `first_page` on. Characters that XML
/// does not allow are taken out first: poppler passes on what a document's fonts claim. What reaches over
/// the page's edge is cut there. A page has the size of its frame; without one, what the XML says. One whose
/// text lies on its side or upside down is set upright, and says how it lies. Throws std::runtime_error if it
/// is no such XML.
std::vector<Page> read_text_layer(std::string xml, std::uint32_t first_page,
                                  const std::map<std::uint32_t, PageFrame>& frames = {});

/// What `pdftohtml -xml` knows and pdftotext does not: how a piece of text is set.
struct StyledText {
  Box box;
  double size = 0;  ///< points
  bool bold = false;
};

/// Reads what `pdftohtml -xml` writes, page by page. Throws std::runtime_error if it is no such XML.
std::vector<std::vector<StyledText>> read_styles(std::string xml);

/// Gives each line of `page` the size and weight of the styled texts it consists of.
void apply_styles(Page& page, const std::vector<StyledText>& styles);

/// True if a text layer is worth using: there is some, and most of it are characters somebody would type.
/// Fonts without a Unicode map give private and replacement characters instead.
bool is_good_text_layer(const Page& page);

/// The same for however few characters there are, but at least one.
bool has_clean_text(const Page& page);

}  // namespace chunkrd::local
