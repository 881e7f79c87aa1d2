#pragma once

#include <vector>

#include "local/parser/layout/fragments.h"

namespace chunkrd::local::layout {

/// What stands outside a page's text: running titles and page numbers.
struct Margins {
  std::vector<Row> headers;
  std::vector<Row> footers;
};

/// Takes headers and footers out of the pages' lines: rows near the upper or lower edge that come again on
/// another page at the same height, with the same letters, and with the same numbers but for one that counts
/// the pages. What fits the table or the text beside it is content, and so is whatever stands once: margins
/// are left out of chunks, and nothing may be lost with them. One answer for each page.
std::vector<Margins> take_margins(std::vector<Page>& pages);

}  // namespace chunkrd::local::layout
