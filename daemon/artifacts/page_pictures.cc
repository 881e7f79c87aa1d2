#include "artifacts/page_pictures.h"

#include <stdlib.h>

#include <system_error>

#include "core/child.h"

namespace chunkrd::artifacts {
namespace {

using namespace std::chrono_literals;

constexpr auto kOnePage = 20s;
constexpr auto kAllPages = 10min;
constexpr std::size_t kPictureBytes = std::size_t{4} << 20;
// One damaged page is no damaged document.
constexpr int kFailuresMax = 3;

// Some 90, 60 and 35 KB a page of text: 500 pages make 25 MB.
const char* long_side_pixels(int pages) {
  return pages <= 30 ? "1400" : pages <= 150 ? "1100" : "860";
}

}  // namespace

PagePictures::PagePictures(std::optional<std::filesystem::path> pdf, int pages)
    : pdf_(std::move(pdf)),
      long_side_pixels_(long_side_pixels(pages)),
      end_(std::chrono::steady_clock::now() + kAllPages) {
  if (!pdf_) why_none_ = "there is no PDF";
}

std::optional<std::string> PagePictures::draw(int page) {
  if (!why_none_.empty()) return std::nullopt;
  if (std::chrono::steady_clock::now() > end_) {
    why_none_ = "drawing the pages took too long";
    return std::nullopt;
  }
  const char* const path = ::getenv("PATH");
  const std::string number = std::to_string(page);
  // prlimit sets what a child inherits, env takes our environment (a key may be in it) away.
  const std::vector<std::string> command{
      "env", "-i", std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"), "prlimit",
      "--as=1073741824", "--cpu=20", "--core=0", "--fsize=0", "--", "pdftoppm", "-q",
      // What a reader sees, and the service too: boxes count from its corner.
      "-cropbox", "-jpeg", "-jpegopt", "quality=65,optimize=y", "-scale-to", long_side_pixels_, "-f", number,
      "-l", number, pdf_->native()};
  try {
    ChildResult child = run_child(command, {.time = kOnePage, .output_bytes = kPictureBytes});
    if (child.ok() && !child.output.empty()) {
      failures_ = 0;
      return std::move(child.output);
    }
  } catch (const std::system_error&) {
    failures_ = kFailuresMax;
  }
  if (++failures_ >= kFailuresMax)
    why_none_ = "the PDF could not be drawn (is pdftoppm of poppler-utils installed?)";
  return std::nullopt;
}

}  // namespace chunkrd::artifacts
