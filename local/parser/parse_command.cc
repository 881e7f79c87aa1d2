#include "local/parser/parse_command.h"

#include <sys/resource.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/errors.h"
#include "local/parser/chunks.h"
#include "local/parser/document_type.h"
#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/flow.h"
#include "local/parser/layout/layout.h"
#include "local/parser/markdown_document.h"
#include "local/parser/order.h"
#include "local/parser/output.h"
#include "local/parser/pdf_document.h"
#include "local/parser/pdf_tools.h"
#include "local/parser/progress.h"
#include "local/parser/render.h"
#include "local/parser/text_encoding.h"

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
    const auto decoded = text_of_file(bytes_of(order_.input));
    if (!decoded) throw DocumentFailure("The text is damaged: bytes that are none stand in it");
    const std::string& text = *decoded;
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
      read = read_image_document(order_.input, type, pdf, scratch_.path());
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

/// What the system says when it has run out of something; the task may be tried again.
const char* shortage_in(const std::error_code& error) {
  if (error == std::errc::no_space_on_device) return "no space is left on the disk of its state folder";
  if (error == std::error_code(EDQUOT, std::generic_category()))
    return "the disk quota of its state folder is used up";
  if (error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system)
    return "there are no file descriptors left";
  if (error == std::errc::not_enough_memory) return "there is no memory left";
  if (error == std::errc::resource_unavailable_try_again) return "no more processes can be started";
  return nullptr;
}

/// A document that needs more than the parser may have fails in the same way the next time; one that meets a
/// machine without memory may not.
std::string memory_message() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return "The document needs more memory than a parser may take (" + std::to_string(limit.rlim_cur >> 20) +
         " MiB, chunkr-local --parser-memory-mib)";
}

/// Says it wherever it can be said: on a full disk not even a line may find its place.
int fail(const fs::path& output, int code, const std::string& message) {
  std::fprintf(stderr, "chunkr-local parse: %s\n", message.c_str());
  try {
    write_bytes(output / "error.txt", message + '\n');
  } catch (const std::system_error&) {
    std::error_code ignored;
    fs::remove(output / "error.txt", ignored);
    say(message);
  }
  return code;
}

int run(const Order& order) {
  try {
    Parsing(order).run();
    return 0;
  } catch (const DocumentFailure& failure) {
    return fail(order.output, DocumentFailure::kExitCode, failure.what());
  } catch (const InstallationFault& fault) {
    return fail(order.output, InstallationFault::kExitCode, fault.what());
  } catch (const std::bad_alloc&) {
    const std::string message = memory_message();
    return message.empty()
               ? fail(order.output, Shortage::kExitCode, "This machine has no memory left to parse with")
               : fail(order.output, DocumentFailure::kExitCode, message);
  } catch (const std::system_error& error) {
    const char* const shortage = shortage_in(error.code());
    if (shortage == nullptr) throw;
    return fail(order.output, Shortage::kExitCode,
                std::string("chunkr-local cannot parse at the moment: ") + shortage);
  }
}

}  // namespace

int run_parse(const std::filesystem::path& order_path) {
  try {
    return run(read_order(order_path));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "chunkr-local parse: %s\n", error.what());
    return static_cast<int>(ExitCode::software);
  }
}

}  // namespace chunkrd::local
