#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "local/parser/document_type.h"
#include "local/parser/image/pixels.h"

namespace chunkrd::local {

/// One picture of an image file, as people see it: turned as its EXIF or TIFF Orientation says, its
/// transparency on a ground that lets its print stand out, its pixels square.
struct Picture {
  Pixels pixels;
  double dpi = 0;    ///< 0: the file does not say
  std::string jpeg;  ///< the file itself, where it is a JPEG that shows just this; else empty
};

/// The pictures of a PNG, a JPEG or a TIFF.
///
/// Throws DocumentFailure from all of it: a file that is damaged, one of a kind that cannot be read, and one
/// that is too large are told apart, the last with its size and the limit. Throws std::system_error.
class ImageFile {
 public:
  ImageFile(const std::filesystem::path& file, DocumentType type);

  std::uint32_t count() const noexcept;
  Picture read(std::uint32_t index) const;

 private:
  void check_size(std::uint32_t index) const;

  DocumentType type_;
  std::string bytes_;
  std::vector<int> orientations_;  ///< of a TIFF's pages
};

}  // namespace chunkrd::local
