#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::artifacts {

/// Draws the pages of a PDF, one JPEG at a time, with pdftoppm in a process of its own: limited in time,
/// memory and output, without our environment. A document that it cannot draw, or that it takes too long
/// for, gets no more pictures: only `why_none()` tells.
///
/// Blocking.
class PagePictures {
 public:
  /// `pages` sets how large each is drawn, so that a report of many pages stays one that opens.
  PagePictures(std::optional<std::filesystem::path> pdf, int pages);

  /// The JPEG of `page`, counted from 1; nothing if there is none.
  std::optional<std::string> draw(int page);

  /// For people; empty as long as pictures come.
  const std::string& why_none() const noexcept { return why_none_; }

 private:
  std::optional<std::filesystem::path> pdf_;
  std::string long_side_pixels_;
  std::chrono::steady_clock::time_point end_;
  int failures_ = 0;  ///< in a row
  std::string why_none_;
};

}  // namespace chunkrd::artifacts
