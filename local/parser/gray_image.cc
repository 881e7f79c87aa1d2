#include "local/parser/gray_image.h"

#include <array>
#include <charconv>
#include <utility>

namespace chunkrd::local {

namespace {

struct Read {
  GrayImage image;
  std::size_t bytes;
};

std::optional<Read> read_first(std::string_view bytes) {
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
  return Read{{width, height, {pixels.begin(), pixels.end()}}, at + width * height};
}

}  // namespace

std::optional<GrayImage> read_pgm(std::string_view bytes) {
  auto read = read_first(bytes);
  if (!read) return std::nullopt;
  return std::move(read->image);
}

std::vector<GrayImage> read_pgms(std::string_view bytes) {
  std::vector<GrayImage> images;
  while (auto read = read_first(bytes)) {
    images.push_back(std::move(read->image));
    bytes.remove_prefix(read->bytes);
  }
  return images;
}

}  // namespace chunkrd::local
