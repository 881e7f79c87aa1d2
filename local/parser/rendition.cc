#include "local/parser/rendition.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <memory>
#include <new>

#include "local/parser/image/jpeg_markers.h"
#include "local/parser/text_encoding.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

constexpr double kPointsPerInch = 72;
constexpr double kLongestSide = 14'400;  ///< points; the PDF format's bound

// Numbers of the objects that there is one of.
constexpr std::size_t kCatalog = 1, kPages = 2, kFont = 3;

using Bytes = std::unique_ptr<l_uint8, void (*)(void*)>;

template <class... Numbers>
std::string text(const char* format, Numbers... numbers) {
  std::array<char, 256> buffer{};
  std::snprintf(buffer.data(), buffer.size(), format, numbers...);
  return buffer.data();
}

struct Stream {
  std::string entries;
  std::string bytes;
};

std::string size_entries(const Pixels& pixels) {
  return text("/Type/XObject/Subtype/Image/Width %d/Height %d", ::pixGetWidth(pixels.get()),
              ::pixGetHeight(pixels.get()));
}

Stream deflated(const Pixels& pixels) {
  l_uint8* raster = nullptr;
  std::size_t size = 0;
  if (::pixGetRasterData(pixels.get(), &raster, &size) != 0) throw std::bad_alloc();
  const Bytes owned(raster, ::lept_free);
  std::size_t packed_size = 0;
  const Bytes packed(::zlibCompress(raster, size, &packed_size), ::lept_free);
  if (!packed) throw std::bad_alloc();
  const l_int32 depth = ::pixGetDepth(pixels.get());
  return {size_entries(pixels) + "/Filter/FlateDecode" +
              (depth == 32 ? "/ColorSpace/DeviceRGB" : "/ColorSpace/DeviceGray") +
              (depth == 1 ? "/BitsPerComponent 1/Decode[1 0]" : "/BitsPerComponent 8"),
          std::string(reinterpret_cast<const char*>(packed.get()), packed_size)};
}

Stream image_of(const Picture& picture) {
  if (picture.jpeg.empty()) return deflated(picture.pixels);
  return {size_entries(picture.pixels) + "/Filter/DCTDecode/BitsPerComponent 8/ColorSpace" +
              (jpeg_kind(picture.jpeg).channels == 1 ? "/DeviceGray" : "/DeviceRGB"),
          picture.jpeg};
}

/// A word in invisible letters of Courier, which are all as wide, stretched to where it stands.
void add_word(const Page& page, const Word& word, std::string& content) {
  const std::string letters = to_windows_1252(word.text);
  if (letters.empty()) return;
  const auto seen = [&](double x, double y) {
    const Point point = page.placement ? page.placement->on_seen_page(Point{x, y}) : Point{x, y};
    return Point{point.x, seen_height(page) - point.y};
  };
  const Point begin = seen(word.box.left, word.box.bottom);
  const Point end = seen(word.box.right, word.box.bottom);
  const double length = std::max(0.1, std::hypot(end.x - begin.x, end.y - begin.y));
  const double size = std::max(1.0, word.box.height());
  constexpr double kWidthOfLetter = 0.6;
  const double stretch = 100 * length / (kWidthOfLetter * size * static_cast<double>(letters.size()));
  const double cosine = (end.x - begin.x) / length;
  const double sine = (end.y - begin.y) / length;
  content += text("/F %.2f Tf %.2f Tz %.4f %.4f %.4f %.4f %.2f %.2f Tm <", size, stretch, cosine, sine, -sine,
                  cosine, begin.x, begin.y);
  for (const char letter : letters) content += text("%02x", static_cast<unsigned char>(letter));
  content += "> Tj\n";
}

std::string content_of(const Page& page) {
  std::string content =
      text("q %.2f 0 0 %.2f 0 0 cm /I Do Q\nBT 3 Tr\n", seen_width(page), seen_height(page));
  for (const Line& line : page.lines)
    for (const Word& word : line.words) add_word(page, word, content);
  return content + "ET\n";
}

}  // namespace

double Rendition::points_per_pixel(const Picture& picture) {
  constexpr double kLeastCredible = 70;
  constexpr double kMostCredible = 2400;
  const bool is_credible = picture.dpi >= kLeastCredible && picture.dpi <= kMostCredible;
  const double longest = std::max(::pixGetWidth(picture.pixels.get()), ::pixGetHeight(picture.pixels.get()));
  return std::min(kPointsPerInch / (is_credible ? picture.dpi : kLeastCredible), kLongestSide / longest);
}

void Rendition::begin_object() {
  objects_.push_back(pdf_.size());
  pdf_ += std::to_string(objects_.size()) + " 0 obj\n";
}

void Rendition::add_stream(const std::string& entries, const std::string& bytes) {
  begin_object();
  pdf_ += "<<" + entries + "/Length " + std::to_string(bytes.size()) + ">>\nstream\n";
  pdf_ += bytes;
  pdf_ += "\nendstream\nendobj\n";
}

void Rendition::add(const Picture& picture, const Page& page) {
  const Stream image = image_of(picture);
  add_stream(image.entries, image.bytes);
  const std::size_t image_number = objects_.size();
  add_stream("", content_of(page));
  begin_object();
  pdf_ += "<</Type/Page/Parent " + std::to_string(kPages) + " 0 R/MediaBox[0 0 " +
          text("%.2f %.2f", seen_width(page), seen_height(page)) + "]/Contents " +
          std::to_string(image_number + 1) + " 0 R/Resources<</XObject<</I " + std::to_string(image_number) +
          " 0 R>>/Font<</F " + std::to_string(kFont) + " 0 R>>>>>>\nendobj\n";
  pages_.push_back(objects_.size());
}

std::string Rendition::finish() {
  const auto begin = [this](std::size_t number) {
    objects_[number - 1] = pdf_.size();
    pdf_ += std::to_string(number) + " 0 obj\n";
  };
  begin(kCatalog);
  pdf_ += "<</Type/Catalog/Pages " + std::to_string(kPages) + " 0 R>>\nendobj\n";
  begin(kPages);
  pdf_ += "<</Type/Pages/Count " + std::to_string(pages_.size()) + "/Kids[";
  for (const std::size_t page : pages_) pdf_ += std::to_string(page) + " 0 R ";
  pdf_ += "]>>\nendobj\n";
  begin(kFont);
  pdf_ += "<</Type/Font/Subtype/Type1/BaseFont/Courier/Encoding/WinAnsiEncoding>>\nendobj\n";
  const std::size_t table = pdf_.size();
  pdf_ += "xref\n0 " + std::to_string(objects_.size() + 1) + "\n0000000000 65535 f \n";
  for (const std::size_t object : objects_) pdf_ += text("%010zu 00000 n \n", object);
  pdf_ += "trailer\n<</Size " + std::to_string(objects_.size() + 1) + "/Root " + std::to_string(kCatalog) +
          " 0 R>>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
  return std::move(pdf_);
}

}  // namespace chunkrd::local
