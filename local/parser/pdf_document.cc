#include "local/parser/pdf_document.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "local/parser/failure.h"
#include "local/parser/hocr.h"
#include "local/parser/ocr.h"
#include "local/parser/pdf_info.h"
#include "local/parser/pdf_tools.h"
#include "local/parser/pictures.h"
#include "local/parser/progress.h"
#include "local/parser/text_layer.h"

namespace chunkrd::local {
namespace {

/// Pages for which pdftotext is started once: opening a large file costs more than reading a page of it.
constexpr std::uint32_t kPagesAtOnce = 32;

std::size_t characters_of(const Page& page) {
  std::size_t characters = 0;
  for (const Line& line : page.lines) characters += text_of(line).size();
  return characters;
}

/// Which of the two to believe where the text layer alone is not good: a layer of a few clean characters
/// is right if OCR does not see much more.
bool keeps_text_layer(const Page& layer, const Page& ocr) {
  if (is_good_text_layer(layer)) return true;
  return has_clean_text(layer) && characters_of(ocr) * 2 <= characters_of(layer) * 3;
}

void find_pictures_on(const Thumbnail& thumbnail, Page& page) {
  std::vector<Box> words;
  for (const Line& line : page.lines)
    for (const Word& word : line.words) words.push_back(word.box);
  const Paper paper = page.source == TextSource::ocr ? Paper::photographed : Paper::white;
  page.pictures = find_pictures(thumbnail.image, thumbnail.points_per_pixel, paper, words);
  // What nobody can read shall at least be seen.
  if (page.pictures.empty() && page.lines.empty())
    if (const auto print = find_print(thumbnail.image, thumbnail.points_per_pixel, paper))
      page.pictures.push_back(*print);
  for (Box& picture : page.pictures) picture = clipped(picture, page.width, page.height);
}

class PdfReader {
 public:
  PdfReader(const std::filesystem::path& file, const ParseSettings& settings, std::filesystem::path scratch)
      : pdf_(file),
        settings_(settings),
        scratch_(std::move(scratch)),
        page_count_(read_pdf_info(file).page_count) {
    if (is_cut_off(file)) throw DocumentFailure("The PDF is damaged: its end is missing");
  }

  ReadPages read() {
    for (std::uint32_t first = 1; first <= page_count_; first += kPagesAtOnce)
      read_batch(first, std::min(page_count_, first + kPagesAtOnce - 1));
    if (pages_.empty()) throw DocumentFailure("The PDF is damaged: none of its pages can be read");
    return {page_count_, std::move(pages_)};
  }

 private:
  void read_batch(std::uint32_t first, std::uint32_t last) {
    std::vector<Page> layers;
    try {
      layers = pdf_.text_layers(first, last);
    } catch (const DocumentFailure& failure) {
      if (first != last) {
        for (std::uint32_t page = first; page <= last; ++page) read_batch(page, page);
        return;
      }
      go_on_without(first, "left out", failure);
    }
    const std::vector<Thumbnail> thumbnails = pdf_.thumbnails(layers);
    for (std::size_t i = 0; i < layers.size(); ++i)
      read_page(std::move(layers[i]), thumbnails.empty() ? nullptr : &thumbnails[i]);
  }

  void read_page(Page page, const Thumbnail* thumbnail) {
    try {
      if (settings_.ocr == OcrStrategy::all || !is_good_text_layer(page)) {
        say_page(page.number, page_count_, "OCR");
        read_by_ocr(page);
      } else {
        say_page(page.number, page_count_, "text layer");
      }
      find_pictures_on(thumbnail != nullptr ? *thumbnail : pdf_.thumbnail(page), page);
    } catch (const DocumentFailure& failure) {
      // A page that cannot be drawn still has its text layer.
      go_on_without(page.number, page.lines.empty() ? "left out" : "only its text layer", failure);
      if (page.lines.empty()) return;
    }
    pages_.push_back(std::move(page));
  }

  void read_by_ocr(Page& page) {
    const std::filesystem::path png = scratch_ / "page.png";
    pdf_.draw_for_ocr(page, settings_.high_resolution ? 300 : 150, png);
    std::vector<Page> read = read_image(png);
    std::filesystem::remove(png);
    if (read.empty()) return;
    Page& ocr = read.front();
    scale_to(ocr, page.width, page.height);
    page.ocr_words = std::move(ocr.ocr_words);
    if (keeps_text_layer(page, ocr)) return;
    page.lines = std::move(ocr.lines);
    page.source = TextSource::ocr;
  }

  void go_on_without(std::uint32_t page, const char* what, const DocumentFailure& failure) const {
    if (settings_.error_handling == ErrorHandling::fail) throw failure;
    say_page(page, page_count_, std::string(what) + ": " + failure.what());
  }

  Pdf pdf_;
  const ParseSettings& settings_;
  std::filesystem::path scratch_;
  std::uint32_t page_count_;
  std::vector<Page> pages_;
};

}  // namespace

ReadPages read_pdf(const std::filesystem::path& pdf, const ParseSettings& settings,
                   const std::filesystem::path& scratch) {
  return PdfReader(pdf, settings, scratch).read();
}

ReadPages read_image_document(const std::filesystem::path& image, const std::filesystem::path& pdf) {
  say("Reading the image");
  std::vector<Page> pages = read_image_to_pdf(image, pdf);
  if (pages.empty()) throw DocumentFailure("The image is damaged: it cannot be read");
  const Pdf rendition(pdf);
  const auto count = static_cast<std::uint32_t>(pages.size());
  // The rendition knows how large the image is in points.
  const std::vector<Page> sizes = rendition.text_layers(1, count);
  for (std::size_t i = 0; i < std::min(pages.size(), sizes.size()); ++i) {
    scale_to(pages[i], sizes[i].width, sizes[i].height);
    find_pictures_on(rendition.thumbnail(pages[i]), pages[i]);
  }
  return {count, std::move(pages)};
}

}  // namespace chunkrd::local
