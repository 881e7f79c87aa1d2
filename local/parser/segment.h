#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/parser/page.h"

namespace chunkrd::local {

/// The contract's SegmentType, in its order.
enum class SegmentType {
  Caption,
  Footnote,
  Formula,
  ListItem,
  Page,
  PageFooter,
  PageHeader,
  Picture,
  SectionHeader,
  Table,
  Text,
  Title,
};

/// As the contract spells it.
std::string_view name_of(SegmentType type) noexcept;

/// The cells of a table, row by row; every row has the same number of cells. The first row is the head.
using TableCells = std::vector<std::vector<std::string>>;

/// One piece of a page with one meaning: the contract's Segment on its way.
struct Segment {
  SegmentType type = SegmentType::Text;
  std::uint32_t page_number = 1;
  double page_width = 0;  ///< points
  double page_height = 0;
  Box box;
  std::vector<Word> words;           ///< become `ocr`
  std::optional<double> confidence;  ///< 0 to 1; nothing where no recogniser had a doubt to state
  std::string content;               ///< plain text
  TableCells cells;                  ///< of a Table
  std::string marker;                ///< of a ListItem: "-" or "3."
  std::string html;
  std::string markdown;
  std::string id;          ///< UUID
  bool has_image = false;  ///< images/<id>.png is there
};

}  // namespace chunkrd::local
