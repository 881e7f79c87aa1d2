#pragma once

#include <cstdint>
#include <string_view>

#include "local/parser/segment.h"

namespace chunkrd::local {

/// Lays text that has no pages out on pages of US letter size, so that segments of Markdown and plain text
/// have a page and a box as the contract wants: 12 point type, 468 points wide, one inch of margin.
class PageFlow {
 public:
  static constexpr double kPageWidth = 612;
  static constexpr double kPageHeight = 792;

  /// Gives `segment` the next place, as high as its content is long; on a new page if it does not fit.
  void place(Segment& segment);

  std::uint32_t page_count() const noexcept { return page_; }

 private:
  std::uint32_t page_ = 1;
  double top_ = 72;
};

/// Splits plain text (UTF-8) into its paragraphs, which blank lines part. All are of type Text.
std::vector<Segment> read_plain_text(std::string_view text);

}  // namespace chunkrd::local
