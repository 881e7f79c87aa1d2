#include "artifacts/picture_links.h"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>

#include "artifacts/html_filter.h"

namespace chunkrd::artifacts {
namespace {

// "![alt](target)" at the begin of `text`: its length, 0 if it is none; `alt` is set.
std::size_t markdown_picture(std::string_view text, std::string_view& alt) {
  std::size_t middle = text.find("](", 2);
  while (middle != text.npos && text[middle - 1] == '\\') middle = text.find("](", middle + 1);
  if (middle == text.npos || text.substr(0, middle).find('\n') != text.npos) return 0;
  const std::string_view target = text.substr(middle + 2);
  const bool elsewhere = boost::istarts_with(target, "http://") || boost::istarts_with(target, "https://") ||
                         boost::istarts_with(target, "data:");
  const std::size_t end = target.find_first_of(") \n");
  if (!elsewhere || end == target.npos) return 0;
  const std::size_t closed = target.find(')', end);  // behind a title
  if (closed == target.npos) return 0;
  alt = text.substr(2, middle - 2);
  return middle + 2 + closed + 1;
}

}  // namespace

std::string without_picture_links(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t at = std::min({text.find("!["), text.find("<img"), text.size()});
    result += text.substr(0, at);
    text.remove_prefix(at);
    if (text.empty()) break;
    std::string_view alt;
    if (text.front() == '!') {
      const std::size_t length = markdown_picture(text, alt);
      result += length > 0 ? alt : text.substr(0, 2);
      text.remove_prefix(std::max<std::size_t>(length, 2));
    } else {
      const std::size_t end = text.find('>');
      if (end == text.npos) return result.append(text);
      result += harmless_html(text.substr(0, end + 1));
      text.remove_prefix(end + 1);
    }
  }
  return result;
}

}  // namespace chunkrd::artifacts
