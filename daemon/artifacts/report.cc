#include "artifacts/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "artifacts/buffered_file.h"
#include "artifacts/html_filter.h"
#include "artifacts/page_pictures.h"
#include "artifacts/page_spool.h"
#include "artifacts/report_page.h"
#include "artifacts/result_reader.h"
#include "artifacts/segment_text.h"
#include "core/base64.h"
#include "core/escape.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using taskapi::Chunk;
using taskapi::Segment;

// The service takes no more; a result that says so is not believed.
constexpr int kPagesMax = 10'000;

// clang-format off
constexpr std::string_view kTypes[] = {
    "Title", "SectionHeader", "Text", "ListItem", "Table", "Picture", "Caption", "Formula", "Footnote", "PageHeader",
    "PageFooter", "Page"};
// clang-format on

// The type as a class of the style sheet; later servers have more types than we have colours.
std::string_view class_of(const Segment& segment) {
  const auto* const known = std::ranges::find(kTypes, segment.segment_type);
  return known == std::end(kTypes) ? std::string_view("Other") : *known;
}

struct Size {
  double width = 612, height = 792;
};

bool is_size(double length) {
  return length >= 1 && length <= 100'000;
}

double percent(double part, double whole) {
  return std::clamp(part / whole * 100, 0.0, 100.0);
}

/// The result, taken apart by pages: boxes and texts are in different places of the page.
class Pages {
 public:
  Pages(const fs::path& folder, const fs::path& result) : boxes_(folder), texts_(folder), said_(result) {}

  void add(const Segment& segment) {
    if (!order_.is_new(segment)) return;
    ++counts_[std::string(class_of(segment))];
    const int page = segment.page_number;
    const bool sized = is_size(segment.page_width) && is_size(segment.page_height);
    const Size size =
        sizes_.try_emplace(page, sized ? Size{segment.page_width, segment.page_height} : last_).first->second;
    last_ = size;
    boxes_.add(page, box(segment, size));
    texts_.add(page, text(segment));
    ++segments_;
  }

  std::set<int> numbers(int page_count) const {
    std::set<int> pages;
    for (const auto& [page, size] : sizes_) pages.insert(page);
    for (int page = 1; page <= std::min(page_count, kPagesMax); ++page) pages.insert(page);
    return pages;
  }

  Size size_of(int page) const {
    const auto found = sizes_.find(page);
    return found == sizes_.end() ? (sizes_.empty() ? Size{} : sizes_.begin()->second) : found->second;
  }
  bool is_empty(int page) const { return !sizes_.contains(page); }
  std::size_t segments() const { return segments_; }
  const std::map<std::string, std::size_t>& counts() const { return counts_; }
  PageSpool& boxes() { return boxes_; }
  PageSpool& texts() { return texts_; }

 private:
  std::string box(const Segment& segment, Size size) const {
    const double left = percent(segment.bbox.left, size.width), top = percent(segment.bbox.top, size.height);
    const double right = percent(segment.bbox.left + segment.bbox.width, size.width);
    const double bottom = percent(segment.bbox.top + segment.bbox.height, size.height);
    return fmt::format(
        "<a class=\"box k-{0}{1}\" id=\"b{2}\" data-n=\"{2}\" href=\"#t{2}\" tabindex=\"-1\" "
        "style=\"left:{3:.3f}%;top:{4:.3f}%;width:{5:.3f}%;height:{6:.3f}%\"><b>{7}</b></a>\n",
        class_of(segment), top < 2.5 ? " low" : "", segments_, left, top, std::max(right - left, 0.3),
        std::max(bottom - top, 0.3), escaped(segment.segment_type));
  }

  std::string text(const Segment& segment) {
    return fmt::format("<li class=\"k-{0}\" id=\"t{1}\" data-n=\"{1}\" tabindex=\"0\"><b>{2}</b>{3}</li>\n",
                       class_of(segment), segments_, escaped(segment.segment_type), body(segment));
  }

  std::string body(const Segment& segment) {
    const std::string table = segment.segment_type == "Table" ? said_.html(segment) : std::string();
    if (!table.empty()) return "<div class=\"table\">" + table + "</div>";
    const std::string text = said_.plain(segment);
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) return "<div class=\"none\">no text</div>";
    return R"(<pre dir="auto">)" + escaped(text) + "</pre>";
  }

  PageSpool boxes_, texts_;
  SegmentText said_;
  OneAfterAnother order_;
  std::map<int, Size> sizes_;
  std::map<std::string, std::size_t> counts_;
  Size last_;
  std::size_t segments_ = 0;
};

std::string head(const std::string& source, const Pages& pages, std::size_t page_count,
                 const taskapi::Task& task) {
  const std::string name = escaped(valid_utf8(source));
  std::string text = fmt::format(
      "<!DOCTYPE html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{0}\">\n"
      "<meta name=\"referrer\" content=\"no-referrer\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<title>{1}</title>\n<style>{2}</style>\n</head>\n<body>\n"
      "<header><h1>{1}</h1><p>{3} {4}, {5} {6}, task {7}</p>\n"
      "<label class=\"go\">Go to page <input id=\"go\" type=\"number\" min=\"1\" max=\"{3}\"></label>\n"
      "<fieldset aria-label=\"Segment types shown\">\n",
      report_policy(), name, kReportStyle, page_count, page_count == 1 ? "page" : "pages", pages.segments(),
      pages.segments() == 1 ? "segment" : "segments", escaped(task.task_id));
  for (const auto& [type, count] : pages.counts())
    text += fmt::format(
        "<label class=\"k-{0}\"><input type=\"checkbox\" checked data-k=\"{0}\">{0} "
        "<span>{1}</span></label>\n",
        type, count);
  return text + "</fieldset></header>\n<main>\n";
}

void write_page(int page, Pages& pages, PagePictures& pictures, BufferedFile& file) {
  const auto take = [&](std::string_view text) { file.write(text); };
  const Size size = pages.size_of(page);
  file.write(
      fmt::format("<section class=\"page\" id=\"p{0}\" aria-label=\"Page {0}\"><h2>Page {0}</h2>\n"
                  "<figure class=\"sheet\" style=\"margin:0;aspect-ratio:{1:.2f}/{2:.2f}\">",
                  page, size.width, size.height));
  if (const auto picture = page >= 1 ? pictures.draw(page) : std::nullopt) {
    std::string base64;
    append_base64(*picture, base64);
    file.write(fmt::format("<img alt=\"Page {}\" decoding=\"async\" src=\"data:image/jpeg;base64,", page));
    file.write(base64);
    file.write("\">\n");
  } else {
    const std::string& why = pictures.why_none();
    file.write(fmt::format("<figcaption>{}</figcaption>\n",
                           escaped(why.empty() ? "this page could not be drawn" : why)));
  }
  pages.boxes().read(page, take);
  file.write("</figure>\n<ol class=\"texts\">\n");
  if (pages.is_empty(page)) file.write("<li class=\"k-Other none\">nothing found on this page</li>\n");
  pages.texts().read(page, take);
  file.write("</ol></section>\n");
}

}  // namespace

void write_report(const fs::path& result, const std::optional<fs::path>& pdf, const std::string& source,
                  const fs::path& to) {
  const fs::path folder = to.has_parent_path() ? to.parent_path() : fs::path(".");
  Pages pages(folder, result);
  const taskapi::Task task = read_through(result, [&](const Chunk& chunk) {
    for (const Segment& segment : chunk.segments) pages.add(segment);
  });
  const std::set<int> numbers = pages.numbers(task.page_count.value_or(0));
  PagePictures pictures(pdf, static_cast<int>(numbers.size()));
  BufferedFile file(to);
  file.write(head(source, pages, numbers.size(), task));
  for (const int page : numbers) write_page(page, pages, pictures, file);
  file.write("</main>\n<footer>");
  if (!pictures.why_none().empty())
    file.write("Boxes without pictures: " + escaped(pictures.why_none()) + ". ");
  file.write("Arrow keys go from segment to segment.</footer>\n<script>");
  file.write(kReportScript);
  file.write("</script>\n</body>\n</html>\n");
  file.finish();
}

}  // namespace chunkrd::artifacts
