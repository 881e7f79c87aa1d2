#include "local/parser/chunks.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

bool is_margin(const Segment& segment) {
  return segment.type == SegmentType::PageHeader || segment.type == SegmentType::PageFooter;
}

bool is_heading(const Segment& segment) {
  return segment.type == SegmentType::Title || segment.type == SegmentType::SectionHeader;
}

std::string embed_text(const Segment& segment, const ParseSettings& settings) {
  std::string text;
  for (const EmbedSource source : settings.of(segment.type).embed_sources) {
    // `llm` is always null here, so it has no text to give.
    const std::string_view part = source == EmbedSource::html       ? std::string_view(segment.html)
                                  : source == EmbedSource::markdown ? std::string_view(segment.markdown)
                                  : source == EmbedSource::content  ? std::string_view(segment.content)
                                                                    : std::string_view();
    if (part.empty()) continue;
    if (!text.empty()) text += '\n';
    text += part;
  }
  return text;
}

class Chunking {
 public:
  explicit Chunking(const ParseSettings& settings) : settings_(settings) {}

  void add(Segment segment) {
    const std::string text = embed_text(segment, settings_);
    const std::uint32_t length = count_tokens(text, settings_.tokenizer);
    if (!open_.segments.empty() && begins_new(segment, length)) close(is_heading(segment));
    append(text);
    open_.segments.push_back(std::move(segment));
  }

  std::vector<Chunk> finish() {
    flush();
    return std::move(chunks_);
  }

 private:
  void append(std::string_view text) {
    if (!open_.embed.empty() && !text.empty()) open_.embed += '\n';
    open_.embed += text;
    open_.length += count_tokens(text, settings_.tokenizer);
  }

  bool begins_new(const Segment& segment, std::uint32_t length) const {
    const std::uint64_t target = settings_.target_length;
    if (target == 0 || std::uint64_t{open_.length} + length > target) return true;
    const bool follows_heading = is_heading(open_.segments.back());
    return is_heading(segment) && !follows_heading && std::uint64_t{open_.length} * 2 >= target;
  }

  void close(bool next_is_heading) {
    std::vector<Segment> headings;
    // A chunk of nothing but headings stays: there is no text that they could be given back to.
    const auto first_text = std::ranges::find_if_not(open_.segments, is_heading);
    if (settings_.target_length > 0 && !next_is_heading && first_text != open_.segments.end()) {
      while (is_heading(open_.segments.back())) {
        headings.insert(headings.begin(), std::move(open_.segments.back()));
        open_.segments.pop_back();
      }
    }
    rebuild();
    flush();
    open_.segments = std::move(headings);
    rebuild();
  }

  /// Works the text and the length out anew, after segments were moved.
  void rebuild() {
    open_.embed.clear();
    open_.length = 0;
    for (const Segment& segment : open_.segments) append(embed_text(segment, settings_));
  }

  void flush() {
    if (!open_.segments.empty()) chunks_.push_back(std::exchange(open_, {}));
  }

  const ParseSettings& settings_;
  Chunk open_;
  std::vector<Chunk> chunks_;
};

}  // namespace

std::uint32_t count_tokens(std::string_view text, Tokenizer tokenizer) {
  if (tokenizer == Tokenizer::subword) return static_cast<std::uint32_t>((text.size() + 3) / 4);
  return static_cast<std::uint32_t>(words_of(text).size());
}

std::vector<Chunk> make_chunks(std::vector<Segment> segments, const ParseSettings& settings) {
  Chunking chunking(settings);
  for (Segment& segment : segments) {
    if (settings.ignore_headers_and_footers && is_margin(segment)) continue;
    chunking.add(std::move(segment));
  }
  return chunking.finish();
}

}  // namespace chunkrd::local
