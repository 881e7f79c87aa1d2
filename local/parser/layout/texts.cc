#include "local/parser/layout/texts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

namespace chunkrd::local::layout {
namespace {

/// In font sizes.
constexpr double kGutter = 6;       ///< texts side by side have at least that between them
constexpr double kWideGutter = 12;  ///< what is labelled stands nearer
constexpr double kLineSpace = 0.9;  ///< most space between lines of one text

/// Beyond it a page is hostile or a map, and the search (quadratic) is left out.
constexpr std::size_t kMostFragments = 600;

/// Sets that grow together.
class Sets {
 public:
  explicit Sets(std::size_t size) : parents_(size) { std::iota(parents_.begin(), parents_.end(), 0); }
  std::size_t find(std::size_t i) {
    while (parents_[i] != i) i = parents_[i] = parents_[parents_[i]];
    return i;
  }
  void join(std::size_t a, std::size_t b) { parents_[find(a)] = find(b); }

 private:
  std::vector<std::size_t> parents_;
};

struct Piece {
  const Line* line;
  std::size_t row;
};

std::vector<Piece> pieces_of(const std::vector<Row>& rows) {
  std::vector<Piece> pieces;
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (const Line& line : rows[row].fragments) pieces.push_back({&line, row});
  return pieces;
}

double larger_size(const Line& a, const Line& b) {
  return std::max(a.size, b.size);
}

bool is_below(const Line& above, const Line& line) {
  return common_width(above.box, line.box) > 0 &&
         line.box.top - above.box.bottom < kLineSpace * larger_size(above, line);
}

bool is_on_one_line(const Line& a, const Line& b) {
  return std::abs(a.base - b.base) < 0.25 * std::min(a.size, b.size) &&
         std::abs(a.size - b.size) < 0.15 * larger_size(a, b);
}

double space_beside(const Line& a, const Line& b) {
  return -common_width(a.box, b.box);
}

/// What is known of two sets that have rows in common.
struct Neighbours {
  bool has_other_lines = false;  ///< somewhere they do not stand on the same lines
  bool is_near = false;
  std::size_t common_lines = 0;
  std::size_t words[2] = {0, 0};

  bool are_apart(double least_space, double size) const {
    if (is_near) return false;
    if (has_other_lines) return true;
    return common_lines >= 3 && least_space >= kWideGutter * size && words[0] * 2 >= common_lines * 3 &&
           words[1] * 2 >= common_lines * 3;
  }
};

/// Joins the sets that stand on the same lines.
void join_what_is_not_apart(const std::vector<Piece>& pieces, Sets& sets) {
  struct Pair {
    Neighbours known;
    double least_space = 1e9;
    double size = 0;
  };
  std::map<std::pair<std::size_t, std::size_t>, Pair> pairs;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    for (std::size_t j = i + 1; j < pieces.size() && pieces[j].row == pieces[i].row; ++j) {
      const Line& a = *pieces[i].line;
      const Line& b = *pieces[j].line;
      const auto [first, second] = std::minmax({sets.find(i), sets.find(j)});
      if (first == second) continue;
      Pair& pair = pairs[{first, second}];
      pair.size = std::max(pair.size, std::min(a.size, b.size));
      pair.least_space = std::min(pair.least_space, space_beside(a, b));
      pair.known.is_near = pair.known.is_near || space_beside(a, b) < kGutter * std::min(a.size, b.size);
      pair.known.has_other_lines = pair.known.has_other_lines || !is_on_one_line(a, b);
      ++pair.known.common_lines;
      const bool in_order = sets.find(i) == first;
      pair.known.words[in_order ? 0 : 1] += a.words.size();
      pair.known.words[in_order ? 1 : 0] += b.words.size();
    }
  }
  for (const auto& [both, pair] : pairs)
    if (!pair.known.are_apart(pair.least_space, pair.size)) sets.join(both.first, both.second);
}

}  // namespace

std::vector<std::vector<Row>> texts_in(const std::vector<Row>& rows) {
  const std::vector<Piece> pieces = pieces_of(rows);
  if (pieces.empty()) return {};
  if (pieces.size() == rows.size() || pieces.size() > kMostFragments) return {rows};
  Sets sets(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t j = i + 1; j < pieces.size(); ++j)
      if (is_below(*pieces[i].line, *pieces[j].line)) sets.join(i, j);
  join_what_is_not_apart(pieces, sets);
  // Whoever shares no row with another text stays in the order of the rows.
  std::vector<bool> is_beside(pieces.size());
  for (std::size_t i = 0; i < pieces.size(); ++i)
    for (std::size_t j = i + 1; j < pieces.size() && pieces[j].row == pieces[i].row; ++j)
      if (sets.find(i) != sets.find(j)) is_beside[sets.find(i)] = is_beside[sets.find(j)] = true;
  if (std::ranges::none_of(is_beside, std::identity())) return {rows};
  std::vector<std::pair<std::size_t, std::vector<Line>>> texts;  // by set; the one that goes on comes last
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    const std::size_t set = sets.find(i);
    const bool goes_on = !is_beside[set] && !texts.empty() && !is_beside[texts.back().first];
    const auto known = is_beside[set]
                           ? std::ranges::find(texts, set, [](const auto& text) { return text.first; })
                       : goes_on ? texts.end() - 1
                                 : texts.end();
    if (known != texts.end()) {
      known->second.push_back(*pieces[i].line);
    } else {
      texts.emplace_back(set, std::vector{*pieces[i].line});
    }
  }
  std::vector<std::vector<Row>> found;
  for (auto& [set, lines] : texts) found.push_back(rows_of(std::move(lines)));
  return found;
}

}  // namespace chunkrd::local::layout
