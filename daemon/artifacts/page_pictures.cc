#include "artifacts/page_pictures.h"

#include <stdlib.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "core/child.h"
#include "core/errors.h"

namespace chunkrd::artifacts {
namespace {

using namespace std::chrono_literals;

constexpr auto kOneRun = 20s;
constexpr auto kAllPages = 10min;
constexpr std::size_t kPictureBytes = std::size_t{4} << 20;
constexpr int kPagesAtOnce = 16;
// One damaged page is no damaged document.
constexpr int kFailuresMax = 3;

// Some 90, 60 and 35 KB a page of text: 500 pages make 25 MB.
const char* long_side_pixels(int pages) {
  return pages <= 30 ? "1400" : pages <= 150 ? "1100" : "860";
}

// The pictures that follow each other. The bytes at which one ends and the next begins stand nowhere within
// one: in its data an FF is followed by 00.
std::vector<std::string> jpegs_in(std::string_view bytes) {
  std::vector<std::string> pictures;
  while (!bytes.empty()) {
    const auto end = bytes.find("\xFF\xD9\xFF\xD8");
    pictures.emplace_back(bytes.substr(0, end == bytes.npos ? end : end + 2));
    bytes.remove_prefix(pictures.back().size());
  }
  return pictures;
}

}  // namespace

PagePictures::PagePictures(std::optional<std::filesystem::path> pdf, int pages)
    : pdf_(std::move(pdf)),
      pages_(pages),
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
  try {
    if (!ready_.contains(page) && page > alone_up_to_) draw_ahead(page);
    const auto ready = ready_.extract(page);
    std::string picture = ready ? std::move(ready.mapped()) : run_pdftoppm(page, page);
    if (!picture.empty()) {
      failures_ = 0;
      return picture;
    }
  } catch (const std::system_error& error) {
    if (is_shortage(error)) throw;  // there will be processes again
    failures_ = kFailuresMax;
  }
  if (++failures_ >= kFailuresMax)
    why_none_ = "the PDF could not be drawn (is pdftoppm of poppler-utils installed?)";
  return std::nullopt;
}

void PagePictures::draw_ahead(int first) {
  ready_.clear();
  const int last = std::min(first + kPagesAtOnce - 1, pages_);
  if (last <= first) return;
  std::vector<std::string> pictures = jpegs_in(run_pdftoppm(first, last));
  // A page without a picture: which of them it is, only each alone can tell.
  if (std::cmp_not_equal(pictures.size(), last - first + 1)) {
    alone_up_to_ = last;
    return;
  }
  for (int page = first; std::string & picture : pictures) ready_.emplace(page++, std::move(picture));
}

// Nothing where it fails.
std::string PagePictures::run_pdftoppm(int first, int last) {
  const char* const path = ::getenv("PATH");
  // prlimit sets what a child inherits, env takes our environment (a key may be in it) away.
  const std::vector<std::string> command{
      "env", "-i", std::string("PATH=") + (path != nullptr ? path : "/usr/bin:/bin"), "prlimit",
      "--as=1073741824", "--cpu=20", "--core=0", "--fsize=0", "--", "pdftoppm", "-q",
      // What a reader sees, and the service too: boxes count from its corner.
      "-cropbox", "-jpeg", "-jpegopt", "quality=65,optimize=y", "-scale-to", long_side_pixels_, "-f",
      std::to_string(first), "-l", std::to_string(last), pdf_->native()};
  ChildResult child = run_child(command, {.time = kOneRun, .output_bytes = kPictureBytes});
  return child.ok() ? std::move(child.output) : std::string();
}

}  // namespace chunkrd::artifacts
