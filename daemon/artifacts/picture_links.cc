#include "artifacts/picture_links.h"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <optional>
#include <utility>

#include "artifacts/html_filter.h"

namespace chunkrd::artifacts {
namespace {

constexpr auto kNone = std::string_view::npos;

/// Where something comes next, asked from places that only go on: the text is looked through once, however
/// often that is asked.
class Next {
 public:
  using Find = std::function<std::size_t(std::size_t at)>;
  explicit Next(Find find) : find_(std::move(find)) {}

  std::size_t from(std::size_t at) {
    if (!known_ || (*known_ != kNone && *known_ < at)) known_ = find_(at);
    return *known_;
  }

 private:
  Find find_;
  std::optional<std::size_t> known_;
};

Next::Find plain(std::string_view text, std::string_view what) {
  return [=](std::size_t at) { return text.find(what, at); };
}

Next::Find not_escaped(std::string_view text, std::string_view what) {
  return [=](std::size_t at) {
    std::size_t found = text.find(what, at);
    while (found != kNone && found > 0 && text[found - 1] == '\\') found = text.find(what, found + 1);
    return found;
  };
}

Next::Find picture_tag(std::string_view text) {
  return [=](std::size_t at) {
    at = text.find('<', at);
    while (at != kNone && !boost::istarts_with(text.substr(at + 1, 3), "img")) at = text.find('<', at + 1);
    return at;
  };
}

bool is_elsewhere(std::string_view target) {
  return boost::istarts_with(target, "http://") || boost::istarts_with(target, "https://") ||
         boost::istarts_with(target, "data:") || target.starts_with("//");
}

class Pictures {
 public:
  Pictures(std::string_view text, const std::function<std::string(std::string_view)>& instead)
      : text_(text), instead_(instead) {}

  std::string run() {
    std::size_t at = 0;
    while (at < text_.size()) {
      const std::size_t next = std::min({markdown_.from(at), html_.from(at), text_.size()});
      result_ += text_.substr(at, next - at);
      at = next;
      if (at == text_.size()) break;
      const std::size_t length = text_[at] == '!' ? take_markdown(at) : take_html(at);
      if (length == 0) result_ += text_.substr(at, 2);
      at += std::max<std::size_t>(length, 2);
    }
    return std::move(result_);
  }

 private:
  // "![alt](target "title")" at `at`, in one line: how long it is, 0 if it is none.
  std::size_t take_markdown(std::size_t at) {
    const std::size_t line = std::min(newline_.from(at), text_.size());
    const std::size_t middle = middle_.from(at + 2);
    if (middle == kNone || middle >= line) return 0;
    std::size_t begin = middle + 2;
    if (begin < line && text_[begin] == '<') ++begin;
    const std::size_t end = closed_.from(begin);
    if (end == kNone || end >= line || !is_elsewhere(text_.substr(begin, end - begin))) return 0;
    result_ += instead_(text_.substr(at + 2, middle - at - 2));
    return end + 1 - at;
  }

  std::size_t take_html(std::size_t at) {
    const std::size_t end = tag_end_.from(at);
    if (end == kNone) return 0;
    result_ += instead_(harmless_html(text_.substr(at, end + 1 - at)));
    return end + 1 - at;
  }

  std::string_view text_;
  const std::function<std::string(std::string_view)>& instead_;
  std::string result_;
  Next markdown_{plain(text_, "![")}, middle_{not_escaped(text_, "](")}, closed_{plain(text_, ")")},
      newline_{plain(text_, "\n")}, html_{picture_tag(text_)}, tag_end_{plain(text_, ">")};
};

}  // namespace

std::string with_pictures_replaced(std::string_view text,
                                   const std::function<std::string(std::string_view alt)>& instead) {
  return Pictures(text, instead).run();
}

std::string without_picture_links(std::string_view text) {
  return with_pictures_replaced(text, [](std::string_view alt) { return std::string(alt); });
}

}  // namespace chunkrd::artifacts
