#include "artifacts/segment_text.h"

#include <array>
#include <boost/json/parse.hpp>
#include <utility>

#include "artifacts/html_filter.h"
#include "artifacts/markdown_html.h"
#include "artifacts/picture_links.h"
#include "artifacts/result_reader.h"

namespace chunkrd::artifacts {
namespace {

namespace json = boost::json;
using taskapi::Segment;

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == text.npos;
}

// A server since 2.0: it has a field for the plain text, or none for what `content` was before.
bool has_markup(const Segment& segment) {
  return segment.text || (!segment.html && !segment.markdown);
}

// The server's own format where the settings that it shows do not name one.
constexpr const char* kHtmlByDefault = "Table";

std::set<std::string> html_types_in(const std::string& configuration) {
  std::set<std::string> types{kHtmlByDefault};
  boost::system::error_code error;
  const json::value read = json::parse(configuration, error);
  const auto* settings = error ? nullptr : read.if_object();
  const auto* segments = settings == nullptr ? nullptr : settings->if_contains("segment_processing");
  if (segments == nullptr || !segments->is_object()) return types;
  for (const auto& [type, generation] : segments->get_object()) {
    const auto* object = generation.if_object();
    const auto* format = object == nullptr ? nullptr : object->if_contains("format");
    if (format == nullptr || !format->is_string()) continue;
    if (format->get_string() == "Html")
      types.insert(type);
    else
      types.erase(type);
  }
  return types;
}

}  // namespace

SegmentText::SegmentText(std::filesystem::path result) : result_(std::move(result)) {}

// The settings may stand behind the chunks: the result is read once more for them.
bool SegmentText::is_html(const Segment& segment) {
  if (!html_types_)
    html_types_ = html_types_in(read_through(result_, [](const taskapi::Chunk&) {}).configuration);
  return html_types_->contains(segment.segment_type);
}

// Of some servers (2.0.x) `text` has the picture's Markdown in it.
std::string SegmentText::plain(const Segment& segment) const {
  if (segment.text) return without_picture_links(*segment.text);
  return has_markup(segment) ? without_picture_links(segment.content) : segment.content;
}

std::string SegmentText::markdown(const Segment& segment,
                                  const std::function<std::string(std::string_view)>& picture) const {
  if (segment.markdown && !is_blank(*segment.markdown))
    return with_pictures_replaced(*segment.markdown, picture);
  return has_markup(segment) ? with_pictures_replaced(segment.content, picture) : segment.content;
}

std::string SegmentText::html(const Segment& segment) {
  std::string html = harmless_html(segment.html.value_or(""));
  if (has_text(html)) return html;
  if (has_markup(segment) && !is_blank(segment.content)) {
    html = is_html(segment) ? harmless_html(segment.content) : html_of_markdown(segment.content);
    if (has_text(html)) return html;
  }
  const std::string text = plain(segment);
  return is_blank(text) ? std::string() : "<p>" + escaped(text) + "</p>";
}

}  // namespace chunkrd::artifacts
