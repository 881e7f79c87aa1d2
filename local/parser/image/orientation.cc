#include "local/parser/image/orientation.h"

#include <leptonica/allheaders.h>

#include <cstdint>
#include <optional>

#include "local/parser/image/jpeg_markers.h"
#include "local/parser/image/png_chunks.h"

namespace chunkrd::local {
namespace {

constexpr std::uint64_t kOrientation = 0x112;
constexpr std::uint64_t kShort = 3;
constexpr std::size_t kPagesMost = 100'000;  ///< a hostile chain of pages is a circle

/// The directories of a TIFF, of which EXIF is one too.
class Tiff {
 public:
  /// "II*\0", "MM\0*", and with 43 for the star where offsets have 8 bytes.
  static std::optional<Tiff> open(std::string_view bytes) {
    if (bytes.size() < 16 || (!bytes.starts_with("II") && !bytes.starts_with("MM"))) return std::nullopt;
    Tiff tiff(bytes);
    const auto version = tiff.number(2, 2);
    if (version != 42 && version != 43) return std::nullopt;
    tiff.is_big_ = version == 43;
    return tiff;
  }

  std::uint64_t first() const { return is_big_ ? number(8, 8) : number(4, 4); }

  /// Where the next directory is; 0: nowhere.
  std::uint64_t next(std::uint64_t directory) const {
    return number(directory + count_size() + entries(directory) * entry_size(), is_big_ ? 8 : 4);
  }

  /// Where the value of a directory's Orientation is.
  std::optional<std::uint64_t> orientation_at(std::uint64_t directory) const {
    const std::uint64_t count = entries(directory);
    for (std::uint64_t i = 0; i < count && i < 4096; ++i) {
      const std::uint64_t entry = directory + count_size() + i * entry_size();
      if (number(entry, 2) == kOrientation && number(entry + 2, 2) == kShort)
        return entry + (is_big_ ? 12 : 8);
    }
    return std::nullopt;
  }

  /// 0 for what is not in the file.
  std::uint64_t number(std::uint64_t at, std::uint64_t size) const {
    if (at > bytes_.size() || bytes_.size() - at < size) return 0;
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < size; ++i) {
      const auto byte = static_cast<std::uint8_t>(bytes_[at + (is_little() ? size - 1 - i : i)]);
      value = value << 8 | byte;
    }
    return value;
  }

  bool is_little() const { return bytes_.front() == 'I'; }

 private:
  explicit Tiff(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t count_size() const { return is_big_ ? 8 : 2; }
  std::uint64_t entry_size() const { return is_big_ ? 20 : 12; }
  std::uint64_t entries(std::uint64_t directory) const { return number(directory, count_size()); }

  std::string_view bytes_;
  bool is_big_ = false;
};

int valid(std::uint64_t orientation) {
  return orientation >= 1 && orientation <= 8 ? static_cast<int>(orientation) : 1;
}

int exif_orientation(std::string_view exif) {
  const auto tiff = Tiff::open(exif);
  if (!tiff) return 1;
  const auto at = tiff->orientation_at(tiff->first());
  return at ? valid(tiff->number(*at, 2)) : 1;
}

Pixels turned_right(const Pixels& pixels) {
  return Pixels(::pixRotate90(pixels.get(), 1));
}

Pixels mirrored(const Pixels& pixels) {
  return Pixels(::pixFlipLR(nullptr, pixels.get()));
}

}  // namespace

int jpeg_orientation(std::string_view jpeg) {
  for (const JpegSegment& segment : jpeg_segments(jpeg)) {
    constexpr std::string_view kExif("Exif\0\0", 6);
    if (segment.marker == 0xE1 && segment.bytes.starts_with(kExif))
      return exif_orientation(segment.bytes.substr(kExif.size()));
  }
  return 1;
}

int png_orientation(std::string_view png) {
  for (const PngChunk& chunk : png_chunks(png))
    if (chunk.type == "eXIf") return exif_orientation(chunk.bytes);
  return 1;
}

std::vector<int> take_tiff_orientations(std::string& bytes) {
  std::vector<int> orientations;
  const auto tiff = Tiff::open(bytes);
  if (!tiff) return orientations;
  for (auto directory = tiff->first(); directory != 0 && directory < bytes.size();
       directory = tiff->next(directory)) {
    if (orientations.size() == kPagesMost) break;
    const auto at = tiff->orientation_at(directory);
    orientations.push_back(at ? valid(tiff->number(*at, 2)) : 1);
    if (!at || *at + 1 >= bytes.size()) continue;
    // A page that two directories share is turned once.
    bytes[*at] = tiff->is_little() ? '\1' : '\0';
    bytes[*at + 1] = tiff->is_little() ? '\0' : '\1';
  }
  return orientations;
}

Pixels as_seen(Pixels stored, int orientation) {
  if (!stored) return stored;
  switch (orientation) {
    case 2:
      return mirrored(stored);
    case 3:
      return Pixels(::pixRotate180(nullptr, stored.get()));
    case 4:
      return Pixels(::pixFlipTB(nullptr, stored.get()));
    case 5:
      return mirrored(turned_right(stored));
    case 6:
      return turned_right(stored);
    case 7:
      return Pixels(::pixFlipTB(nullptr, turned_right(stored).get()));
    case 8:
      return Pixels(::pixRotate90(stored.get(), -1));
    default:
      return stored;
  }
}

}  // namespace chunkrd::local
