#include "local/parser/pdf_document.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/hocr.h"
#include "local/parser/image/image_file.h"
#include "local/parser/ocr.h"
#include "local/parser/pdf_info.h"
#include "local/parser/pdf_tools.h"
#include "local/parser/pictures.h"
#include "local/parser/progress.h"
#include "local/parser/rendition.h"
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

/// Words that OCR hardly believes in may be what it makes of a picture: they do not speak against one.
constexpr double kBelievable = 0.3;

void find_pictures_on(const Thumbnail& thumbnail, Page& page) {
  std::vector<Box> words;
  for (const Line& line : page.lines)
    for (const Word& word : line.words)
      if (word.confidence.value_or(1) >= kBelievable) words.push_back(on_seen_page(page, word.box));
  const Paper paper = page.source == TextSource::ocr ? Paper::photographed : Paper::white;
  page.pictures = find_pictures(thumbnail.image, thumbnail.points_per_pixel, paper, words);
  // What nobody can read shall at least be seen.
  if (page.pictures.empty() && page.lines.empty())
    if (const auto print = find_print(thumbnail.image, thumbnail.points_per_pixel, paper))
      page.pictures.push_back(*print);
  for (Box& picture : page.pictures) {
    picture = clipped(picture, seen_width(page), seen_height(page));
    if (page.placement) picture = page.placement->on_upright_page(picture);
  }
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
    const Pixels drawn = pdf_.drawn_for_ocr(page, settings_.high_resolution ? 300 : 150);
    Page ocr = read_picture(drawn, scratch_);
    scale(ocr, seen_width(page) / seen_width(ocr), seen_height(page) / seen_height(ocr));
    page.ocr_words = std::move(ocr.ocr_words);
    if (keeps_text_layer(page, ocr)) return;
    page.lines = std::move(ocr.lines);
    page.source = TextSource::ocr;
    page.width = ocr.width;
    page.height = ocr.height;
    page.placement = ocr.placement;
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

ReadPages read_image_document(const std::filesystem::path& image, DocumentType type,
                              const std::filesystem::path& pdf, const std::filesystem::path& scratch) {
  const ImageFile file(image, type);
  ReadPages read{.page_count = file.count(), .pages = {}};
  Rendition rendition;
  for (std::uint32_t i = 0; i < file.count(); ++i) {
    say_page(i + 1, file.count(), "OCR");
    const Picture picture = file.read(i);
    Page page = read_picture(picture.pixels, scratch);
    page.number = i + 1;
    const double points = Rendition::points_per_pixel(picture);
    scale(page, points, points);
    rendition.add(picture, page);
    read.pages.push_back(std::move(page));
  }
  write_bytes(pdf, rendition.finish());
  for (Page& page : read.pages) find_pictures_on(Pdf(pdf).thumbnail(page), page);
  return read;
}

}  // namespace chunkrd::local
