#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace chunkrd::artifacts {

/// Draws the pages of a PDF with pdftoppm in a process of its own: limited in time, memory and output,
/// without our environment. Some pages that follow each other are drawn in one go, as to open a large
/// document costs ten times as much as to draw a page; where that does not work out, each alone. A document
/// that it cannot draw, or that it takes too long for, gets no more pictures: only `why_none()` tells.
///
/// Blocking.
class PagePictures {
 public:
  /// `pages`, how many the report has, sets how large each is drawn, so that a report of many stays one that
  /// opens.
  PagePictures(std::optional<std::filesystem::path> pdf, int pages);

  /// The JPEG of `page`, counted from 1; nothing if there is none. Fast if pages are asked for in their
  /// order.
  std::optional<std::string> draw(int page);

  /// For people; empty as long as pictures come.
  const std::string& why_none() const noexcept { return why_none_; }

 private:
  void draw_ahead(int first);
  std::string run_pdftoppm(int first, int last);

  std::optional<std::filesystem::path> pdf_;
  int pages_;
  std::string long_side_pixels_;
  std::chrono::steady_clock::time_point end_;
  std::map<int, std::string> ready_;
  int alone_up_to_ = 0;  ///< pages that could not be drawn with others
  int failures_ = 0;     ///< in a row
  std::string why_none_;
};

}  // namespace chunkrd::artifacts
