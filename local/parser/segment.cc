#include "local/parser/segment.h"

namespace chunkrd::local {

std::string_view name_of(SegmentType type) noexcept {
  switch (type) {
    case SegmentType::Caption:
      return "Caption";
    case SegmentType::Footnote:
      return "Footnote";
    case SegmentType::Formula:
      return "Formula";
    case SegmentType::ListItem:
      return "ListItem";
    case SegmentType::Page:
      return "Page";
    case SegmentType::PageFooter:
      return "PageFooter";
    case SegmentType::PageHeader:
      return "PageHeader";
    case SegmentType::Picture:
      return "Picture";
    case SegmentType::SectionHeader:
      return "SectionHeader";
    case SegmentType::Table:
      return "Table";
    case SegmentType::Text:
      return "Text";
    case SegmentType::Title:
      return "Title";
  }
  return "Text";
}

}  // namespace chunkrd::local
