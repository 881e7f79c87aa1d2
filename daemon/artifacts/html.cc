// NAME.html: the document as one page.
#include <fmt/format.h>

#include "artifacts/artifacts.h"
#include "artifacts/buffered_file.h"
#include "artifacts/html_filter.h"
#include "artifacts/pictures.h"
#include "artifacts/result_reader.h"
#include "artifacts/segment_text.h"
#include "core/escape.h"

namespace chunkrd::artifacts {
namespace {

using taskapi::Chunk;
using taskapi::Segment;

// `file:` for a page that is opened from a disk, where no place is its own.
constexpr std::string_view kHead =
    R"(<!DOCTYPE html>
<html>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{}</title>
<style>
:root {{ color-scheme: light dark; }}
body {{ font: 1.05rem/1.6 Georgia, "Times New Roman", serif; max-width: 46rem; margin: 3rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }}
h1, h2, h3, h4 {{ font-family: system-ui, sans-serif; line-height: 1.25; }}
table {{ border-collapse: collapse; font: .9rem/1.4 system-ui, sans-serif; }}
td, th {{ border: 1px solid #8886; padding: .3rem .6rem; text-align: left; vertical-align: top; }}
img {{ max-width: 100%; height: auto; }}
figure {{ margin: 1.5rem 0; }}
pre {{ white-space: pre-wrap; }}
.PageHeader, .PageFooter, .Footnote, .Caption {{ font-size: .85rem; opacity: .75; }}
</style>
</head>
<body>
)";

std::string class_of(const Segment& segment) {
  std::string name;
  for (const char c : segment.segment_type)
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) name += c;
  return name;
}

std::string picture_of(const Segment& segment, const SegmentText& texts,
                       const std::optional<PictureFolder>& pictures) {
  if (segment.segment_type != "Picture" || !pictures) return {};
  const auto href = picture_href(*pictures, segment.segment_id);
  if (!href) return {};
  return fmt::format("<figure><img src=\"{}\" alt=\"{}\" loading=\"lazy\"></figure>\n", *href,
                     escaped(texts.plain(segment)));
}

}  // namespace

void write_html(const std::filesystem::path& result, const std::string& title,
                const std::optional<PictureFolder>& pictures, const std::filesystem::path& to) {
  BufferedFile file(to);
  file.write(fmt::format(fmt::runtime(kHead), escaped(valid_utf8(title))));
  OneAfterAnother order;
  SegmentText texts(result);
  read_through(result, [&](const Chunk& chunk) {
    for (const Segment& segment : chunk.segments) {
      if (!order.is_new(segment)) continue;
      const std::string picture = picture_of(segment, texts, pictures);
      const std::string body = texts.html(segment);
      if (picture.empty() && body.empty()) continue;
      file.write(fmt::format("<div class=\"{}\">\n{}{}\n</div>\n", class_of(segment), picture, body));
    }
  });
  file.write("</body>\n</html>\n");
  file.finish();
}

}  // namespace chunkrd::artifacts
