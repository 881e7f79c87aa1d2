#include "local/parser/page_frame.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "local/parser/geometry.h"
#include "local/parser/pdf_info.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

struct Boxes {
  std::optional<int> turn;  ///< degrees, clockwise
  std::optional<Box> media, crop;
};

double number_in(std::string_view word) {
  double number = 0;
  std::from_chars(word.data(), word.data() + word.size(), number);
  return number;
}

/// "Page    2 CropBox:      0.00     0.00   612.00   792.00": left, bottom, right and top; up is up here.
void read_line(const std::vector<std::string_view>& words, Boxes& boxes) {
  if (words[2] == "rot:" && words.size() == 4) boxes.turn = static_cast<int>(number_in(words[3]));
  if (words.size() != 7) return;
  const Box box{number_in(words[3]), number_in(words[6]), number_in(words[5]), number_in(words[4])};
  if (words[2] == "MediaBox:") boxes.media = box;
  if (words[2] == "CropBox:") boxes.crop = box;
}

PageFrame frame_of(int turn, const Box& media, const Box& crop) {
  const double left = crop.left - media.left;
  const double right = media.right - crop.right;
  const double above = media.top - crop.top;
  const double below = crop.bottom - media.bottom;
  const double width = crop.right - crop.left;
  const double height = crop.top - crop.bottom;
  switch (turn) {
    case 90:
      return {height, width, below, left};
    case 180:
      return {width, height, right, below};
    case 270:
      return {height, width, above, right};
    default:
      return {width, height, left, above};
  }
}

}  // namespace

std::map<std::uint32_t, PageFrame> read_page_frames(std::string_view output) {
  const std::string_view pdfinfo = behind_metadata(output);
  std::map<std::uint32_t, Boxes> pages;
  for (std::size_t at = 0; at < pdfinfo.size();) {
    const std::size_t end = std::min(pdfinfo.find('\n', at), pdfinfo.size());
    const auto words = words_of(pdfinfo.substr(at, end - at));
    if (words.size() > 3 && words[0] == "Page")
      read_line(words, pages[static_cast<std::uint32_t>(number_in(words[1]))]);
    at = end + 1;
  }
  std::map<std::uint32_t, PageFrame> frames;
  for (const auto& [number, boxes] : pages) {
    if (!boxes.turn || !boxes.media || !boxes.crop) continue;
    const PageFrame frame = frame_of(*boxes.turn, *boxes.media, *boxes.crop);
    if (frame.width > 0 && frame.height > 0) frames.emplace(number, frame);
  }
  return frames;
}

}  // namespace chunkrd::local
