#include "local/parser/image/image_file.h"

#include <leptonica/allheaders.h>
#include <sys/resource.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/image/jpeg_markers.h"
#include "local/parser/image/orientation.h"
#include "local/parser/image/png_chunks.h"

namespace chunkrd::local {
namespace {

/// An A0 plan at 300 dots per inch has 139 million. To read one, up to three copies of 4 bytes are needed.
constexpr std::uint64_t kPixelsMost = 150'000'000;
constexpr std::uint64_t kBytesPerPixel = 12;

std::uint64_t pixels_most() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return kPixelsMost;
  return std::min(kPixelsMost, limit.rlim_cur / kBytesPerPixel);
}

const l_uint8* data_of(const std::string& bytes) {
  return reinterpret_cast<const l_uint8*>(bytes.data());
}

bool has_palette(const Pixels& pixels) {
  return ::pixGetColormap(pixels.get()) != nullptr;
}

/// Whether what is drawn on nothing is light: white print on a transparent ground, as in logos and
/// signatures.
bool is_drawn_light(Pix* pixels) {
  const Pixels light(::pixConvertRGBToLuminance(pixels));
  const Pixels cover(::pixGetRGBComponent(pixels, L_ALPHA_CHANNEL));
  if (!light || !cover) return false;
  const l_int32 width = ::pixGetWidth(pixels);
  const l_int32 height = ::pixGetHeight(pixels);
  std::uint64_t sum = 0;
  std::uint64_t weight = 0;
  for (l_int32 y = 0; y < height; ++y) {
    const l_uint32* const light_row = ::pixGetData(light.get()) + y * ::pixGetWpl(light.get());
    const l_uint32* const cover_row = ::pixGetData(cover.get()) + y * ::pixGetWpl(cover.get());
    for (l_int32 x = 0; x < width; ++x) {
      const std::uint64_t opacity = GET_DATA_BYTE(cover_row, x);
      sum += opacity * GET_DATA_BYTE(light_row, x);
      weight += opacity;
    }
  }
  return weight > 0 && sum > 150 * weight;
}

/// Puts what is partly transparent on black or white, whichever lets it stand out.
Pixels without_transparency(Pixels pixels) {
  if (!pixels || ::pixGetDepth(pixels.get()) != 32 || ::pixGetSpp(pixels.get()) != 4) return pixels;
  l_int32 is_opaque = 1;
  ::pixAlphaIsOpaque(pixels.get(), &is_opaque);
  Pixels flat;
  if (is_opaque != 0) {
    flat = std::move(pixels);
  } else {
    flat.reset(::pixAlphaBlendUniform(pixels.get(), is_drawn_light(pixels.get()) ? 0 : 0xffffff00));
  }
  if (flat) ::pixSetSpp(flat.get(), 3);
  return flat;
}

/// 1, 8 or 32 bits a pixel, without palette.
Pixels plain(Pixels pixels) {
  if (pixels && has_palette(pixels))
    pixels.reset(::pixRemoveColormap(pixels.get(), REMOVE_CMAP_BASED_ON_SRC));
  if (!pixels) return pixels;
  const l_int32 depth = ::pixGetDepth(pixels.get());
  if (depth == 16) return Pixels(::pixConvert16To8(pixels.get(), L_MS_BYTE));
  if (depth == 2 || depth == 4) return Pixels(::pixConvertTo8(pixels.get(), 0));
  return pixels;
}

/// A fax has twice as many dots across as down.
Pixels square(Pixels pixels) {
  if (!pixels) return pixels;
  const double x = ::pixGetXRes(pixels.get());
  const double y = ::pixGetYRes(pixels.get());
  if (x <= 0 || y <= 0 || std::max(x, y) < 1.1 * std::min(x, y) || std::max(x, y) > 4 * std::min(x, y))
    return pixels;
  const double most = std::max(x, y);
  Pixels scaled(::pixScale(pixels.get(), static_cast<l_float32>(most / x), static_cast<l_float32>(most / y)));
  if (scaled) ::pixSetResolution(scaled.get(), static_cast<l_int32>(most), static_cast<l_int32>(most));
  return scaled;
}

[[noreturn]] void throw_unreadable(const std::string& bytes, DocumentType type) {
  if (type == DocumentType::tiff)
    throw DocumentFailure("The image is damaged, or a kind of TIFF that cannot be read");
  if (type == DocumentType::jpeg && !is_cut_jpeg(bytes)) {
    const JpegKind kind = jpeg_kind(bytes);
    if (kind.is_lossless) throw DocumentFailure("The image is a lossless JPEG, which cannot be read");
    if (kind.bits != 8)
      throw DocumentFailure("The image is a JPEG of " + std::to_string(kind.bits) +
                            " bits a sample: only those of 8 can be read");
  }
  throw DocumentFailure("The image is damaged: it cannot be read");
}

}  // namespace

ImageFile::ImageFile(const std::filesystem::path& file, DocumentType type)
    : type_(type), bytes_(bytes_of(file)) {
  ::setMsgSeverity(L_SEVERITY_NONE);
  if (type_ == DocumentType::tiff) {
    orientations_ = take_tiff_orientations(bytes_);
    if (orientations_.empty()) throw_unreadable(bytes_, type_);
  }
  if (type_ == DocumentType::png) take_transparent_colour(bytes_);
  // What is left of a cut picture is gray: half a page given as a whole one is worse than a clear failure.
  if (type_ == DocumentType::jpeg && is_cut_jpeg(bytes_))
    throw DocumentFailure("The image is damaged: its end is missing");
}

std::uint32_t ImageFile::count() const noexcept {
  return type_ == DocumentType::tiff ? static_cast<std::uint32_t>(orientations_.size()) : 1;
}

void ImageFile::check_size(std::uint32_t index) const {
  l_int32 format = 0, width = 0, height = 0, bits = 0, samples = 0, palette = 0, dpi = 0;
  const l_int32 failed =
      type_ == DocumentType::tiff
          ? ::readHeaderMemTiff(data_of(bytes_), bytes_.size(), static_cast<l_int32>(index), &width, &height,
                                &bits, &samples, &dpi, &palette, &format)
          : ::pixReadHeaderMem(data_of(bytes_), bytes_.size(), &format, &width, &height, &bits, &samples,
                               &palette);
  if (failed != 0) return;  // reading it will tell better
  const auto pixels = static_cast<std::uint64_t>(width) * static_cast<std::uint64_t>(height);
  if (pixels <= pixels_most()) return;
  throw DocumentFailure("The image is too large: it has " + std::to_string(width) + " x " +
                        std::to_string(height) + " pixels (" + std::to_string(pixels / 1'000'000) +
                        " million), and at most " + std::to_string(pixels_most() / 1'000'000) +
                        " million can be read");
}

Picture ImageFile::read(std::uint32_t index) const {
  check_size(index);
  Pixels pixels;
  int orientation = 1;
  l_int32 complaints = 0;
  switch (type_) {
    case DocumentType::tiff:
      pixels.reset(::pixReadMemTiff(data_of(bytes_), bytes_.size(), static_cast<l_int32>(index)));
      orientation = orientations_[index];
      break;
    case DocumentType::jpeg:
      // Cameras write a byte too many here and there: its end is there, so what can be read is all of it.
      pixels.reset(
          ::pixReadMemJpeg(data_of(bytes_), bytes_.size(), 0, 1, &complaints, L_JPEG_CONTINUE_WITH_BAD_DATA));
      orientation = jpeg_orientation(bytes_);
      break;
    default:
      pixels.reset(::pixReadMemPng(data_of(bytes_), bytes_.size()));
      orientation = png_orientation(bytes_);
  }
  if (!pixels) throw_unreadable(bytes_, type_);
  Picture picture;
  const bool is_stored_so =
      type_ == DocumentType::jpeg && orientation == 1 && jpeg_kind(bytes_).channels != 4;
  const l_int32 width = ::pixGetWidth(pixels.get());
  picture.pixels = square(as_seen(plain(without_transparency(std::move(pixels))), orientation));
  if (!picture.pixels) throw std::bad_alloc();
  picture.dpi = ::pixGetXRes(picture.pixels.get());
  if (is_stored_so && ::pixGetWidth(picture.pixels.get()) == width) picture.jpeg = bytes_;
  return picture;
}

}  // namespace chunkrd::local
