#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "taskapi/task.h"

namespace chunkrd::artifacts {

/// What a segment says, as text, Markdown and HTML, whichever release of the service has made the result.
///
/// Servers of the contract have `content` (plain text), `markdown` and `html`. Since 2.0 the plain text is
/// `text`, and `content` is Markdown or HTML, as configured for the segment's type; the current API has only
/// these two. Which of them it is is read from the result's settings, once, where a segment needs it.
///
/// Blocking: file pool. Throws what read_through() throws.
class SegmentText {
 public:
  /// Of segments of the result file `result`.
  explicit SegmentText(std::filesystem::path result);

  /// Plain text, without addresses of pictures.
  std::string plain(const taskapi::Segment& segment) const;

  /// Markdown. Each picture that is fetched from elsewhere becomes what `picture` makes of its text.
  std::string markdown(const taskapi::Segment& segment,
                       const std::function<std::string(std::string_view alt)>& picture) const;

  /// HTML that is harmless (html_filter.h), or empty if there is nothing to be shown.
  std::string html(const taskapi::Segment& segment);

 private:
  bool is_html(const taskapi::Segment& segment);

  std::filesystem::path result_;
  std::optional<std::set<std::string>> html_types_;  ///< whose `content` is HTML; none: not read yet
};

}  // namespace chunkrd::artifacts
