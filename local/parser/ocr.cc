#include "local/parser/ocr.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "core/child.h"
#include "local/parser/failure.h"
#include "local/parser/hocr.h"

namespace chunkrd::local {
namespace {

ChildResult tesseract(const std::vector<std::string>& arguments) {
  // Its own threads make it five times slower on a busy machine (research: 2.2 s a page against 12.6 s).
  std::vector<std::string> command{"env", "OMP_THREAD_LIMIT=1", "tesseract"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  ChildResult result =
      run_child(command, {.time = std::chrono::minutes{5}, .output_bytes = std::size_t{64} << 20});
  if (result.end == ChildResult::End::exited && result.exit_code == 0) return result;
  if (result.end == ChildResult::End::timed_out) throw DocumentFailure("The image takes too long to read");
  throw DocumentFailure("The image is damaged: it cannot be read");
}

}  // namespace

std::vector<Page> read_image(const std::filesystem::path& image) {
  return read_hocr(tesseract({image.string(), "-", "hocr"}).output);
}

std::vector<Page> read_image_to_pdf(const std::filesystem::path& image, const std::filesystem::path& pdf) {
  const std::filesystem::path base = std::filesystem::path(pdf).replace_extension();
  tesseract({image.string(), base.string(), "pdf", "hocr"});
  const std::filesystem::path hocr = std::filesystem::path(base).replace_extension(".hocr");
  std::ifstream file(hocr, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::filesystem::remove(hocr);
  return read_hocr(std::move(text));
}

}  // namespace chunkrd::local
