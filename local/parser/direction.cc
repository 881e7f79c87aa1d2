#include "local/parser/direction.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <numeric>
#include <utility>

#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

enum class Direction { left_to_right, right_to_left, none };

bool is_within(char32_t point, char32_t first, char32_t last) {
  return point >= first && point <= last;
}

bool is_digit(char32_t point) {
  return is_within(point, '0', '9') || is_within(point, 0x660, 0x669) || is_within(point, 0x6F0, 0x6F9);
}

/// The blocks of Unicode whose letters run from right to left.
bool is_right_to_left(char32_t point) {
  constexpr std::array<std::pair<char32_t, char32_t>, 5> kBlocks{
      {{0x590, 0x8FF}, {0xFB1D, 0xFDFF}, {0xFE70, 0xFEFE}, {0x10800, 0x10FFF}, {0x1E800, 0x1EFFF}}};
  return !is_digit(point) && std::ranges::any_of(kBlocks, [&](const auto& block) {
    return is_within(point, block.first, block.second);
  });
}

bool is_letter(char32_t point) {
  if (point < 0x80) return std::isalpha(static_cast<int>(point)) != 0;
  const bool is_punctuation =
      point < 0xC0 || is_within(point, 0x2000, 0x2BFF) || is_within(point, 0x3000, 0x303F);
  return !is_punctuation;
}

Direction direction_of_letter(char32_t point) {
  if (is_right_to_left(point)) return Direction::right_to_left;
  return is_letter(point) || is_digit(point) ? Direction::left_to_right : Direction::none;
}

/// A number alone has none: it goes along with what stands around it.
Direction direction_of_word(const std::string& word) {
  const std::vector<char32_t> points = code_points(word);
  if (std::ranges::any_of(points, is_right_to_left)) return Direction::right_to_left;
  return std::ranges::any_of(points, is_letter) ? Direction::left_to_right : Direction::none;
}

/// What most words say; if there is no most, what the outer ones agree on.
Direction direction_of_line(const std::vector<Direction>& words) {
  const auto leftward = std::ranges::count(words, Direction::right_to_left);
  const auto rightward = std::ranges::count(words, Direction::left_to_right);
  const bool runs_left = leftward != rightward ? leftward > rightward
                                               : leftward > 0 && words.front() == Direction::right_to_left &&
                                                     words.back() == Direction::right_to_left;
  return runs_left ? Direction::right_to_left : Direction::left_to_right;
}

/// What has no direction of its own takes that of its neighbours where they agree, else the line's.
void resolve(std::vector<Direction>& directions, Direction whole) {
  for (std::size_t i = 0; i < directions.size(); ++i) {
    if (directions[i] != Direction::none) continue;
    const auto next = std::find_if(directions.begin() + static_cast<std::ptrdiff_t>(i), directions.end(),
                                   [](Direction direction) { return direction != Direction::none; });
    const Direction before = i == 0 ? whole : directions[i - 1];
    directions[i] = next != directions.end() && *next == before ? before : whole;
  }
}

/// The order in which parts are read that stand from left to right, in a text that runs as `whole` says.
std::vector<std::size_t> order_of(std::vector<Direction> directions, Direction whole) {
  resolve(directions, whole);
  std::vector<std::size_t> order(directions.size());
  std::iota(order.begin(), order.end(), 0);
  if (whole == Direction::right_to_left) std::ranges::reverse(order);
  for (auto at = order.begin(); at != order.end();) {
    const auto other = [&](std::size_t i) { return directions[i] != whole; };
    const auto begin = std::find_if(at, order.end(), other);
    at = std::find_if_not(begin, order.end(), other);
    std::reverse(begin, at);
  }
  return order;
}

}  // namespace

std::string in_reading_order(const std::string& word) {
  if (direction_of_word(word) != Direction::right_to_left) return word;
  const std::vector<std::string_view> letters = characters_of(word);
  std::vector<Direction> directions;
  for (const char32_t point : code_points(word)) directions.push_back(direction_of_letter(point));
  std::string read;
  for (const std::size_t i : order_of(std::move(directions), Direction::right_to_left)) read += letters[i];
  return read;
}

std::vector<std::size_t> reading_order(std::span<const Word> words) {
  std::vector<Direction> directions;
  for (const Word& word : words) directions.push_back(direction_of_word(word.text));
  const Direction whole = direction_of_line(directions);
  return order_of(std::move(directions), whole);
}

}  // namespace chunkrd::local
