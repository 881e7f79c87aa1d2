#include "local/parser/gray_image.h"

#include <array>
#include <charconv>

namespace chunkrd::local {

std::optional<GrayImage> read_pgm(std::string_view bytes) {
  // "P5 <width> <height> <maximum><one white space><pixels>"; poppler writes no comments.
  if (!bytes.starts_with("P5")) return std::nullopt;
  std::array<std::size_t, 3> header{};
  std::size_t at = 2;
  for (std::size_t& number : header) {
    at = bytes.find_first_not_of(" \n\r\t", at);
    if (at == std::string_view::npos) return std::nullopt;
    const auto [end, error] = std::from_chars(bytes.data() + at, bytes.data() + bytes.size(), number);
    if (error != std::errc()) return std::nullopt;
    at = static_cast<std::size_t>(end - bytes.data());
  }
  ++at;
  const auto [width, height, maximum] = header;
  constexpr std::size_t kLongestSide = 100'000;
  if (maximum != 255 || width > kLongestSide || height > kLongestSide) return std::nullopt;
  if (at > bytes.size() || bytes.size() - at < width * height) return std::nullopt;
  const std::string_view pixels = bytes.substr(at, width * height);
  return GrayImage{width, height, {pixels.begin(), pixels.end()}};
}

}  // namespace chunkrd::local
