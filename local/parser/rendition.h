#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "local/parser/image/image_file.h"
#include "local/parser/page.h"

namespace chunkrd::local {

/// The PDF that shows an image document: each picture fills its page, with its words invisibly behind it, so
/// that they can be searched and marked. A JPEG goes in as it is.
class Rendition {
 public:
  /// How large the picture is as a page, in points: as its dots per inch say, 70 where they say nothing
  /// credible, as tesseract has it; never more than readers take (200 inches).
  static double points_per_pixel(const Picture& picture);

  /// Adds the page; `page` is in points. Throws std::bad_alloc.
  void add(const Picture& picture, const Page& page);

  /// The whole file.
  std::string finish();

 private:
  void begin_object();
  void add_stream(const std::string& entries, const std::string& bytes);

  std::string pdf_ = "%PDF-1.5\n%\xE2\xE3\xCF\xD3\n";
  std::vector<std::size_t> objects_{0, 0, 0};  ///< where each begins; the first three come last
  std::vector<std::size_t> pages_;             ///< their objects' numbers
};

}  // namespace chunkrd::local
