#include "local/parser/parse_command.h"

#include <cstdio>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/durable.h"
#include "core/errors.h"
#include "local/parser/chunks.h"
#include "local/parser/document_type.h"
#include "local/parser/failure.h"
#include "local/parser/flow.h"
#include "local/parser/layout/layout.h"
#include "local/parser/markdown_document.h"
#include "local/parser/order.h"
#include "local/parser/output.h"
#include "local/parser/pdf_document.h"
#include "local/parser/pdf_tools.h"
#include "local/parser/progress.h"
#include "local/parser/render.h"

namespace chunkrd::local {
namespace {

namespace fs = std::filesystem;

/// A folder inside the output that is gone in the end.
class Scratch {
 public:
  explicit Scratch(const fs::path& output) : path_(output / "scratch") { fs::create_directory(path_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const noexcept { return path_; }

 private:
  fs::path path_;
};

std::string contents_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::system_error(errno, std::generic_category(), path.string());
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Makes `to` the same file as `from`, or a copy where that cannot be.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (failed) fs::copy_file(from, to);
}

/// Gives each segment the OCR's words that stand in it, where the layout was made from the text layer.
void add_ocr_words(std::vector<Segment>& segments, const std::vector<Page>& pages) {
  auto page = pages.begin();
  for (Segment& segment : segments) {
    while (page != pages.end() && page->number < segment.page_number) ++page;
    if (page == pages.end()) return;
    if (page->source == TextSource::ocr || page->ocr_words.empty()) continue;
    segment.words.clear();
    double sum = 0;
    for (const Word& word : page->ocr_words) {
      if (!holds_middle_of(segment.box, word.box)) continue;
      segment.words.push_back(word);
      sum += word.confidence.value_or(0);
    }
    if (segment.words.empty()) continue;
    segment.confidence = sum / static_cast<double>(segment.words.size());
    if (segment.type == SegmentType::Picture && segment.content.empty())
      segment.content = text_of(line_of(segment.words));
  }
}

class Parsing {
 public:
  explicit Parsing(const Order& order) : order_(order), scratch_(order.output) {}

  void run() {
    const auto type = detect_type(order_.input, order_.file_name);
    if (!type) throw DocumentFailure("Unsupported file type");
    if (*type == DocumentType::markdown || *type == DocumentType::plain_text) {
      read_text(*type);
    } else {
      read_paged(*type);
    }
    say("Writing the results");
    write_output(order_.output, page_count_, make_chunks(std::move(segments_), order_.settings));
  }

 private:
  bool by_page() const { return order_.settings.segmentation == SegmentationStrategy::page; }

  void name_and_render(bool (*is_rendered)(const Segment&)) {
    for (Segment& segment : segments_) {
      segment.id = make_uuid();
      if (!is_rendered(segment)) render(segment);
    }
  }

  void read_text(DocumentType type) {
    say("Reading the text");
    const std::string text = contents_of(order_.input);
    segments_ = type == DocumentType::markdown ? read_markdown(text) : read_plain_text(text);
    PageFlow flow;
    for (Segment& segment : segments_) flow.place(segment);
    page_count_ = flow.page_count();
    name_and_render([](const Segment& segment) { return !segment.html.empty(); });
    if (by_page()) take_pages();
  }

  void read_paged(DocumentType type) {
    const fs::path pdf = order_.output / "document.pdf";
    ReadPages read;
    if (type == DocumentType::pdf) {
      read = read_pdf(order_.input, order_.settings, scratch_.path());
      link_or_copy(order_.input, pdf);
    } else {
      read = read_image_document(order_.input, pdf);
    }
    page_count_ = read.page_count;
    say("Finding the structure");
    segments_ = layout::analyse(read.pages);
    add_ocr_words(segments_, read.pages);
    name_and_render([](const Segment&) { return false; });
    crop_pictures(read.pages, pdf);
    if (by_page()) {
      take_pages();
      crop_pictures(read.pages, pdf);
    }
  }

  void take_pages() {
    segments_ = merge_into_pages(segments_);
    for (Segment& page : segments_) page.id = make_uuid();
  }

  /// A picture's html is the address of its image, so a picture always needs one.
  bool is_cropped(const Segment& segment) const {
    if (segment.type == SegmentType::Picture) return true;
    return !(by_page() && segment.type != SegmentType::Page) &&
           order_.settings.of(segment.type).crop_image == Cropping::all;
  }

  void crop_pictures(const std::vector<Page>& pages, const fs::path& file) {
    const Pdf pdf(file);
    const fs::path images = order_.output / "images";
    auto page = pages.begin();
    for (Segment& segment : segments_) {
      while (page != pages.end() && page->number < segment.page_number) ++page;
      if (page == pages.end()) return;
      if (!is_cropped(segment)) continue;
      fs::create_directory(images);
      crop(pdf, *page, images, segment);
    }
  }

  void crop(const Pdf& pdf, const Page& page, const fs::path& images, Segment& segment) const {
    try {
      pdf.draw_part(page, segment.box, order_.settings.high_resolution ? 300 : 150,
                    images / (segment.id + ".png"));
      segment.has_image = true;
    } catch (const DocumentFailure& failure) {
      if (order_.settings.error_handling == ErrorHandling::fail) throw;
      say_page(page.number, page_count_, std::string("image left out: ") + failure.what());
      if (segment.type != SegmentType::Picture) return;
      segment.html.clear();
      segment.markdown.clear();
    }
  }

  const Order& order_;
  Scratch scratch_;
  std::uint32_t page_count_ = 0;
  std::vector<Segment> segments_;
};

}  // namespace

int run_parse(const std::filesystem::path& order_path) {
  try {
    const Order order = read_order(order_path);
    try {
      Parsing(order).run();
      return 0;
    } catch (const DocumentFailure& failure) {
      durable::write_file(order.output / "error.txt", std::string(failure.what()) + '\n');
      return 2;
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chunkr-local parse: %s\n", error.what());
    return static_cast<int>(ExitCode::software);
  }
}

}  // namespace chunkrd::local
