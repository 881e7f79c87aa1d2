#include "local/parser/pictures.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace chunkrd::local {
namespace {

constexpr std::uint8_t kInk = 200;            ///< darker is ink; lighter is paper, or a shade behind text
constexpr double kSmallestSide = 36;          ///< points; half an inch
constexpr double kLargestShareOfPage = 0.95;  ///< more is the paper of a scan, or a background
constexpr double kLargestShareOfWords = 0.25;
constexpr double kSmallestShareOfInk = 0.04;  ///< less is a frame around nothing
constexpr double kWidestShadow = 0.2;         ///< of the page
constexpr double kSpeck = 4;                  ///< points; dust on a scanner's glass
constexpr std::size_t kReach = 2;             ///< pixels of paper that do not yet part two pieces of ink

/// A page of pixels, of which some are ink.
class Ink {
 public:
  explicit Ink(const GrayImage& image) : width_(image.width), height_(image.height), ink_(width_ * height_) {
    std::ranges::transform(image.pixels, ink_.begin(), [](std::uint8_t gray) { return gray < kInk ? 1 : 0; });
  }

  std::size_t width() const noexcept { return width_; }
  std::size_t height() const noexcept { return height_; }
  bool at(std::size_t x, std::size_t y) const noexcept { return ink_[y * width_ + x] != 0; }
  void wipe(std::size_t x, std::size_t y) noexcept { ink_[y * width_ + x] = 0; }

  void wipe(const Box& pixels) {
    const auto within = [](double value, std::size_t limit) {
      return static_cast<std::size_t>(std::clamp(value, 0.0, static_cast<double>(limit)));
    };
    for (std::size_t y = within(pixels.top, height_); y < within(pixels.bottom + 1, height_); ++y)
      for (std::size_t x = within(pixels.left, width_); x < within(pixels.right + 1, width_); ++x) wipe(x, y);
  }

 private:
  std::size_t width_;
  std::size_t height_;
  std::vector<std::uint8_t> ink_;
};

struct Piece {
  Box box;
  double ink_share = 0;  ///< of the box
};

/// Takes the piece of connected ink at (x, y) out of the page.
Piece take_piece(Ink& page, std::size_t x, std::size_t y) {
  Piece piece{
      {static_cast<double>(x), static_cast<double>(y), static_cast<double>(x), static_cast<double>(y)}, 0};
  double ink = 0;
  std::vector<std::pair<std::size_t, std::size_t>> open{{x, y}};
  page.wipe(x, y);
  while (!open.empty()) {
    const auto [px, py] = open.back();
    open.pop_back();
    ++ink;
    piece.box = join(piece.box, {static_cast<double>(px), static_cast<double>(py),
                                 static_cast<double>(px + 1), static_cast<double>(py + 1)});
    for (std::size_t ny = py - std::min(py, kReach); ny < std::min(py + kReach + 1, page.height()); ++ny) {
      for (std::size_t nx = px - std::min(px, kReach); nx < std::min(px + kReach + 1, page.width()); ++nx) {
        if (!page.at(nx, ny)) continue;
        page.wipe(nx, ny);
        open.emplace_back(nx, ny);
      }
    }
  }
  piece.ink_share = ink / std::max(1.0, piece.box.area());
  return piece;
}

bool is_picture(const Box& box, double ink_share, const Box& page, std::span<const Box> words) {
  if (box.width() < kSmallestSide || box.height() < kSmallestSide) return false;
  if (box.area() > kLargestShareOfPage * page.area() || ink_share < kSmallestShareOfInk) return false;
  double covered = 0;
  for (const Box& word : words)
    if (holds_middle_of(box, word)) covered += word.area();
  // More words than lines: the frame of a form or a table, whose text must not be lost in a picture.
  return covered <= std::min(kLargestShareOfWords, ink_share) * box.area();
}

/// True for what runs along most of an edge of the page.
bool is_shadow(const Box& box, const Box& page) {
  const double near = 8;  // points
  const bool at_side = box.left < near || box.right > page.right - near;
  const bool at_end = box.top < near || box.bottom > page.bottom - near;
  return (at_side && box.height() > 0.5 * page.height()) || (at_end && box.width() > 0.5 * page.width());
}

/// Joins boxes until none overlap: the parts of one drawing.
std::vector<Box> without_overlaps(std::vector<Box> boxes) {
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < boxes.size() && !changed; ++i) {
      for (std::size_t j = i + 1; j < boxes.size() && !changed; ++j) {
        if (common_width(boxes[i], boxes[j]) <= 0 || common_height(boxes[i], boxes[j]) <= 0) continue;
        boxes[i] = join(boxes[i], boxes[j]);
        boxes.erase(boxes.begin() + static_cast<std::ptrdiff_t>(j));
        changed = true;
      }
    }
  }
  return boxes;
}

/// Takes all pieces out of the page, in points.
std::vector<Piece> take_pieces(Ink& page, double points_per_pixel) {
  std::vector<Piece> pieces;
  for (std::size_t y = 0; y < page.height(); ++y) {
    for (std::size_t x = 0; x < page.width(); ++x) {
      if (!page.at(x, y)) continue;
      Piece piece = take_piece(page, x, y);
      piece.box = scaled(piece.box, points_per_pixel, points_per_pixel);
      pieces.push_back(piece);
    }
  }
  return pieces;
}

Box whole(const GrayImage& image, double points_per_pixel) {
  return scaled({0, 0, static_cast<double>(image.width), static_cast<double>(image.height)}, points_per_pixel,
                points_per_pixel);
}

}  // namespace

std::vector<Box> find_pictures(const GrayImage& image, double points_per_pixel, Paper paper,
                               std::span<const Box> words) {
  Ink page(image);
  for (const Box& word : words) page.wipe(scaled(word, 1 / points_per_pixel, 1 / points_per_pixel));
  const Box all = whole(image, points_per_pixel);
  std::vector<Box> pictures;
  for (const Piece& piece : take_pieces(page, points_per_pixel)) {
    if (paper == Paper::photographed && is_shadow(piece.box, all)) continue;
    if (is_picture(piece.box, piece.ink_share, all, words)) pictures.push_back(piece.box);
  }
  return without_overlaps(std::move(pictures));
}

std::optional<Box> find_print(const GrayImage& image, double points_per_pixel, Paper paper) {
  Ink page(image);
  const Box all = whole(image, points_per_pixel);
  std::optional<Box> print;
  for (const auto& [box, ink_share] : take_pieces(page, points_per_pixel)) {
    const bool is_thin = box.area() < kWidestShadow * all.area();
    const bool is_speck = std::max(box.width(), box.height()) <= kSpeck;
    if (is_speck || (paper == Paper::photographed && is_thin && is_shadow(box, all))) continue;
    print = print ? join(*print, box) : box;
  }
  return print;
}

}  // namespace chunkrd::local
