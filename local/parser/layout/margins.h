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
/// other pages (numbers may differ), or that hold a page number. One answer for each page.
std::vector<Margins> take_margins(std::vector<Page>& pages);

}  // namespace chunkrd::local::layout
