#include "local/parser/layout/columns.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>
#include <span>
#include <utility>

namespace chunkrd::local::layout {
namespace {

using Fragments = std::vector<Line>;

constexpr double kNarrowestGutter = 8;  ///< points; two columns are hardly ever set closer
constexpr double kWordsOfProse = 3.5;   ///< a mean line of a column has more, a mean cell fewer
constexpr std::size_t kLinesOfColumn = 3;

/// Beyond it a page is hostile or a map, and the search (cubic in the worst case) is left out.
constexpr std::size_t kMostBands = 150;

/// Fragments whose heights overlap, directly or through others.
struct Band {
  double bottom;
  Fragments fragments;
};

std::vector<Band> bands_of(Fragments fragments) {
  std::ranges::sort(fragments, {}, [](const Line& line) { return std::pair(line.box.top, line.box.left); });
  std::vector<Band> bands;
  for (Line& fragment : fragments) {
    // Boxes of neighbouring lines may touch: a fifth of the height is not counted.
    const double top = fragment.box.top + 0.2 * fragment.box.height();
    if (bands.empty() || top >= bands.back().bottom) bands.push_back({fragment.box.bottom, {}});
    bands.back().bottom = std::max(bands.back().bottom, fragment.box.bottom);
    bands.back().fragments.push_back(std::move(fragment));
  }
  return bands;
}

/// What is needed to know whether fragments make a column of prose.
struct Side {
  std::size_t lines = 0;
  double words = 0;
  double top = std::numeric_limits<double>::max();
  double bottom = std::numeric_limits<double>::lowest();

  void add(const Line& line) {
    ++lines;
    words += line.words.empty() ? kWordsOfProse : static_cast<double>(line.words.size());
    top = std::min(top, line.box.top);
    bottom = std::max(bottom, line.box.bottom);
  }
  bool is_prose() const {
    return lines >= kLinesOfColumn && words >= kWordsOfProse * static_cast<double>(lines);
  }
};

bool stand_side_by_side(const Side& a, const Side& b) {
  const double common = std::min(a.bottom, b.bottom) - std::max(a.top, b.top);
  return common >= 0.5 * std::min(a.bottom - a.top, b.bottom - b.top);
}

/// The middle of the widest free strip from top to bottom with prose on both sides.
std::optional<double> gutter_of(std::span<const Band> bands) {
  std::vector<const Line*> lines;
  for (const Band& band : bands)
    for (const Line& line : band.fragments) lines.push_back(&line);
  std::ranges::sort(lines, {}, [](const Line* line) { return line->box.left; });
  std::optional<double> best;
  double best_width = kNarrowestGutter;
  double right = std::numeric_limits<double>::max();
  for (const Line* line : lines) {
    const double width = line->box.left - right;
    if (width >= best_width) {
      const double middle = right + width / 2;
      Side before;
      Side after;
      for (const Line* other : lines) (other->box.left < middle ? before : after).add(*other);
      if (before.is_prose() && after.is_prose() && stand_side_by_side(before, after)) {
        best = middle;
        best_width = width;
      }
    }
    right = right == std::numeric_limits<double>::max() ? line->box.right : std::max(right, line->box.right);
  }
  return best;
}

/// Moves what stands on one side of `gutter` out of the bands.
Fragments side_of(std::span<const Band> bands, double gutter, bool (*is_on_side)(double, double)) {
  Fragments side;
  for (const Band& band : bands)
    std::ranges::copy_if(band.fragments, std::back_inserter(side),
                         [&](const Line& line) { return is_on_side(line.box.left, gutter); });
  return side;
}

void append(std::vector<Fragments>& regions, std::vector<Fragments> more) {
  std::ranges::move(more, std::back_inserter(regions));
}

}  // namespace

std::vector<std::vector<Line>> reading_regions(std::vector<Line> fragments) {
  std::vector<Fragments> regions;
  const std::vector<Band> bands = bands_of(std::move(fragments));
  Fragments plain;
  const auto close_plain = [&] {
    if (!plain.empty()) regions.push_back(std::exchange(plain, {}));
  };
  const std::span all(bands);
  for (std::size_t first = 0; first < bands.size();) {
    std::optional<double> gutter;
    std::size_t last = bands.size() > kMostBands ? first : bands.size();
    for (; last > first; --last) {
      gutter = gutter_of(all.subspan(first, last - first));
      if (gutter) break;
    }
    if (!gutter) {
      std::ranges::copy(bands[first].fragments, std::back_inserter(plain));
      ++first;
      continue;
    }
    close_plain();
    const auto run = all.subspan(first, last - first);
    append(regions,
           reading_regions(side_of(run, *gutter, [](double x, double middle) { return x < middle; })));
    append(regions,
           reading_regions(side_of(run, *gutter, [](double x, double middle) { return x >= middle; })));
    first = last;
  }
  close_plain();
  return regions;
}

}  // namespace chunkrd::local::layout
