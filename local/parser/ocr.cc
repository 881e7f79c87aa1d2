#include "local/parser/ocr.h"

#include <leptonica/allheaders.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/hocr.h"
#include "local/parser/image/upright.h"
#include "local/parser/tool.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

/// tesseract takes 32,767 pixels each way, and as much time as there are of them: parts end in time.
constexpr std::uint32_t kLongestPart = 10'000;

constexpr double kCertainShapes = 6;  ///< leptonica's own bound, for a few lines of text, is 4
constexpr double kCertainTurn = 2;    ///< tesseract's, from which on it turns pages by itself
constexpr double kGoodReading = 0.8;  ///< mean confidence; what is upside down has some 0.65

void write_png(const Pixels& picture, const std::filesystem::path& file) {
  l_uint8* bytes = nullptr;
  std::size_t size = 0;
  if (::pixWriteMemPng(&bytes, &size, picture.get(), 0) != 0) throw std::bad_alloc();
  const std::unique_ptr<l_uint8, void (*)(void*)> owned(bytes, ::lept_free);
  write_bytes(file, {reinterpret_cast<const char*>(bytes), size});
}

ChildResult tesseract(const Pixels& picture, const std::filesystem::path& scratch,
                      std::initializer_list<std::string> arguments, const Need& data) {
  // Its own threads make it five times slower on a busy machine (2.2 s a page against 12.6 s). The parser is
  // a process of one thread, so the environment may be changed.
  ::setenv("OMP_THREAD_LIMIT", "1", 1);
  const std::filesystem::path png = scratch / "picture.png";
  write_png(picture, png);
  std::vector<std::string> all{png.string(), "-"};
  all.insert(all.end(), arguments);
  ChildResult result =
      run_tool(kTesseract, all, {.time = std::chrono::minutes{5}, .output_bytes = std::size_t{64} << 20});
  std::filesystem::remove(png);
  if (!result.ok() && result.errors.contains("traineddata")) throw InstallationFault(describe(data));
  return result;
}

std::string size_text(const Pixels& picture) {
  return std::to_string(::pixGetWidth(picture.get())) + " x " +
         std::to_string(::pixGetHeight(picture.get())) + " pixels";
}

void append(Page& page, Page part, double right, double down) {
  const auto move = [&](Word& word) { word.box = shifted(word.box, right, down); };
  for (Line& line : part.lines) {
    line.box = shifted(line.box, right, down);
    line.base += down;
    std::ranges::for_each(line.words, move);
  }
  std::ranges::for_each(part.ocr_words, move);
  std::ranges::move(part.lines, std::back_inserter(page.lines));
  std::ranges::move(part.ocr_words, std::back_inserter(page.ocr_words));
}

/// Reads what stands upright in the picture after quarter turns clockwise.
Page read_turned(const Pixels& picture, int quarters, const std::filesystem::path& scratch) {
  const Pixels upright = evenly_lit(dark_on_light(turned(picture, quarters)));
  const double skew = skew_of(upright);
  const Pixels straight = turned_by(upright, skew);
  Page page;
  page.number = 1;
  page.source = TextSource::ocr;
  page.width = ::pixGetWidth(straight.get());
  page.height = ::pixGetHeight(straight.get());
  for (const Box& box : parts_of(straight, kLongestPart)) {
    const ChildResult read = tesseract(part(straight, box), scratch, {"hocr"}, kEnglish);
    if (read.end == ChildResult::End::timed_out)
      throw DocumentFailure("The image takes too long to read (" + size_text(straight) + ")");
    if (!read.ok())
      throw DocumentFailure("The image cannot be read: tesseract failed on it (" + size_text(straight) + ")");
    for (Page& found : read_hocr(read.output)) append(page, std::move(found), box.left, box.top);
  }
  if (quarters == 0 && skew == 0) return page;
  page.placement = {.quarters = quarters,
                    .skew = skew,
                    .seen_width = static_cast<double>(::pixGetWidth(picture.get())),
                    .seen_height = static_cast<double>(::pixGetHeight(picture.get())),
                    .upright_width = page.width,
                    .upright_height = page.height};
  for (Word& word : page.ocr_words) word.box = on_seen_page(page, word.box);
  return page;
}

/// How well a page was read.
struct Reading {
  double letters = 0;
  double believed = 0;  ///< each letter counted as far as tesseract believes in its word

  bool is_good() const { return letters > 0 && believed >= kGoodReading * letters; }
};

Reading reading_of(const Page& page) {
  Reading reading;
  for (const Line& line : page.lines) {
    for (const Word& word : line.words) {
      const auto letters = static_cast<double>(characters_of(word.text).size());
      reading.letters += letters;
      // Tesseract reads a block of lines that stand on their side, too, but not in their order.
      const bool stands = letters > 2 && word.box.height() > 1.5 * word.box.width();
      if (!stands) reading.believed += letters * word.confidence.value_or(0);
    }
  }
  return reading;
}

/// The number behind `label` in what tesseract says of a page's turn.
std::optional<double> number_behind(std::string_view text, std::string_view label) {
  const auto at = text.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data() + at + label.size(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

/// The quarter turns clockwise that set the picture upright, if tesseract is certain of them.
std::optional<int> turn_told_by_tesseract(const Pixels& picture, const std::filesystem::path& scratch) {
  const ChildResult told =
      tesseract(picture, scratch, {"--psm", "0", "-c", "min_characters_to_try=10"}, kTurns);
  if (!told.ok()) return std::nullopt;  // too few letters
  const auto degrees = number_behind(told.output, "Rotate: ");
  const auto confidence = number_behind(told.output, "Orientation confidence: ");
  if (!degrees || !confidence || *confidence < kCertainTurn) return std::nullopt;
  return static_cast<int>(*degrees) / 90 % 4;
}

/// The best of what is read at all turns, or the first good one; `first` was read already.
Page best_reading(const Pixels& picture, Page first, const std::filesystem::path& scratch) {
  Page best = std::move(first);
  const int known = best.placement ? best.placement->quarters : 0;
  for (const int quarters : {0, 2, 1, 3}) {
    if (reading_of(best).is_good()) return best;
    if (quarters == known) continue;
    Page other = read_turned(picture, quarters, scratch);
    if (reading_of(other).believed > reading_of(best).believed) best = std::move(other);
  }
  return best;
}

}  // namespace

Page read_picture(const Pixels& picture, const std::filesystem::path& scratch) {
  const Pixels sample = evenly_lit(dark_on_light(part(picture, parts_of(picture, kLongestPart).front())));
  const LetterShapes shapes = letter_shapes(sample);
  if (shapes.upright > kCertainShapes && shapes.upright > 2 * std::abs(shapes.turned_left))
    return read_turned(picture, 0, scratch);
  const std::optional<int> told = turn_told_by_tesseract(sample, scratch);
  Page page = read_turned(picture, told.value_or(0), scratch);
  // Where there is nothing to read as it is, there is nothing to turn.
  if (told == 0 || (!told && page.lines.empty())) return page;
  return best_reading(picture, std::move(page), scratch);
}

}  // namespace chunkrd::local
