#pragma once

#include <span>

#include "local/parser/layout/paragraphs.h"
#include "local/parser/segment.h"

namespace chunkrd::local::layout {

/// What is usual in the whole document.
struct DocumentHabit {
  double body_size = 0;   ///< the font size of most characters, in points
  double title_size = 0;  ///< the size from which on a line of the first page is the title; 0: none
};

DocumentHabit habit_of(std::span<const Page> pages);

/// Where a paragraph stands.
struct Surroundings {
  const Page& page;
  const Paragraph* before = nullptr;  ///< in the same region, straight above
  const Paragraph* after = nullptr;
  bool is_first_page = false;
  bool ends_region = false;  ///< nothing in the text's own size comes below it
};

/// The type of a paragraph: Title, SectionHeader, ListItem, Caption, Footnote or Text.
SegmentType kind_of(const Paragraph& paragraph, const DocumentHabit& habit, const Surroundings& where);

}  // namespace chunkrd::local::layout
