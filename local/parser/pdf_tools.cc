#include "local/parser/pdf_tools.h"

#include <leptonica/allheaders.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <string>

#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/page_frame.h"
#include "local/parser/pdf_info.h"
#include "local/parser/text_layer.h"
#include "local/parser/tool.h"

namespace chunkrd::local {
namespace {

constexpr double kPointsPerInch = 72;
constexpr double kThumbnailDpi = 36;

/// Pages that take longer together are left to be drawn one by one.
constexpr std::chrono::seconds kThumbnailsTime{20};

/// A page may claim to be 200 m wide; drawn at 300 dpi that would be more than any memory. A long strip may
/// be drawn whole: it is read in parts.
constexpr double kMostPixels = 64'000'000;

double dpi_within_limit(const Page& page, double dpi) {
  const double area = std::max(1.0, seen_width(page)) * std::max(1.0, seen_height(page));
  return std::min(dpi, kPointsPerInch * std::sqrt(kMostPixels / area));
}

ChildResult run(const Need& program, const std::vector<std::string>& arguments) {
  ChildResult result = run_tool(program, arguments);
  if (result.ok()) return result;
  switch (result.end) {
    case ChildResult::End::timed_out:
      throw DocumentFailure("The PDF takes too long: " + std::string(program.name) + " was stopped");
    case ChildResult::End::too_long:
      throw DocumentFailure("The PDF holds more text than can be taken");
    case ChildResult::End::signalled:
      throw DocumentFailure("The PDF is damaged: " + std::string(program.name) +
                            " crashed or met its limit of memory or time");
    case ChildResult::End::exited:
      break;
  }
  throw DocumentFailure(std::string(pdf_complaint(result.errors)));
}

std::string whole(double value) {
  return std::to_string(std::lround(value));
}

}  // namespace

std::vector<Page> Pdf::text_layers(std::uint32_t first, std::uint32_t last) const {
  const std::string from = std::to_string(first);
  const std::string to = std::to_string(last);
  const auto frames = read_page_frames(run(kPdfinfo, {"-box", "-f", from, "-l", to, file_.string()}).output);
  std::vector<Page> pages = read_text_layer(
      run(kPdftotext, {"-q", "-cropbox", "-bbox-layout", "-f", from, "-l", to, file_.string(), "-"}).output,
      first, frames);
  // Documents that forbid copying are refused by pdftohtml; then headings are known by their size alone.
  const ChildResult styled = run_tool(kPdftohtml, {"-q", "-xml", "-i", "-stdout", "-hidden", "-zoom", "1",
                                                   "-f", from, "-l", to, file_.string()});
  if (!styled.ok()) return pages;
  auto styles = read_styles(styled.output);
  for (std::size_t i = 0; i < std::min(pages.size(), styles.size()); ++i) {
    // It has no -cropbox: it counts from the MediaBox.
    if (const auto frame = frames.find(pages[i].number); frame != frames.end())
      for (StyledText& style : styles[i])
        style.box = shifted(style.box, -frame->second.media_left, -frame->second.media_top);
    apply_styles(pages[i], styles[i]);
  }
  return pages;
}

Pixels Pdf::drawn_for_ocr(const Page& page, double dpi) const {
  const std::string number = std::to_string(page.number);
  const ChildResult drawn = run(
      kPdftoppm, {"-q", "-cropbox", "-png", "-gray", "-singlefile", "-r",
                  std::to_string(dpi_within_limit(page, dpi)), "-f", number, "-l", number, file_.string()});
  Pixels pixels(::pixReadMemPng(reinterpret_cast<const l_uint8*>(drawn.output.data()), drawn.output.size()));
  if (!pixels) throw DocumentFailure("The PDF is damaged: page " + number + " cannot be drawn");
  return pixels;
}

void Pdf::draw_part(const Page& page, const Box& box, double dpi, const std::filesystem::path& png) const {
  const std::string number = std::to_string(page.number);
  const double used = dpi_within_limit(page, dpi);
  const Box pixels = scaled(box, used / kPointsPerInch, used / kPointsPerInch);
  const ChildResult drawn =
      run(kPdftoppm, {"-q", "-cropbox", "-png", "-singlefile", "-r", std::to_string(used), "-x",
                      whole(std::max(0.0, pixels.left)), "-y", whole(std::max(0.0, pixels.top)), "-W",
                      whole(std::max(1.0, pixels.width())), "-H", whole(std::max(1.0, pixels.height())), "-f",
                      number, "-l", number, file_.string()});
  if (drawn.output.empty()) throw DocumentFailure("The PDF is damaged: page " + number + " cannot be drawn");
  write_bytes(png, drawn.output);
}

Thumbnail Pdf::thumbnail(const Page& page) const {
  const std::string number = std::to_string(page.number);
  const double dpi = dpi_within_limit(page, kThumbnailDpi);
  const ChildResult drawn = run(kPdftoppm, {"-q", "-cropbox", "-gray", "-singlefile", "-r",
                                            std::to_string(dpi), "-f", number, "-l", number, file_.string()});
  auto image = read_pgm(drawn.output);
  if (!image) throw DocumentFailure("The PDF is damaged: page " + number + " cannot be drawn");
  return {std::move(*image), kPointsPerInch / dpi};
}

std::vector<Thumbnail> Pdf::thumbnails(std::span<const Page> pages) const {
  const auto is_enormous = [](const Page& page) {
    return dpi_within_limit(page, kThumbnailDpi) < kThumbnailDpi;
  };
  if (pages.empty() || std::ranges::any_of(pages, is_enormous)) return {};
  const ChildResult drawn = run_tool(
      kPdftoppm,
      {"-q", "-cropbox", "-gray", "-r", std::to_string(kThumbnailDpi), "-f",
       std::to_string(pages.front().number), "-l", std::to_string(pages.back().number), file_.string()},
      {.time = kThumbnailsTime});
  std::vector<GrayImage> images = read_pgms(drawn.output);
  if (!drawn.ok() || images.size() != pages.size()) return {};
  std::vector<Thumbnail> thumbnails;
  for (GrayImage& image : images) thumbnails.push_back({std::move(image), kPointsPerInch / kThumbnailDpi});
  return thumbnails;
}

}  // namespace chunkrd::local
