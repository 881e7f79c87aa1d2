#include "artifacts/html_filter.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/case_conv.hpp>
#include <boost/algorithm/string/predicate.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace chunkrd::artifacts {
namespace {

// clang-format off
constexpr std::string_view kTags[] = {
    "a", "b", "blockquote", "br", "caption", "cite", "code", "col", "colgroup", "dd", "del", "div", "dl", "dt", "em",
    "figcaption", "figure", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i", "ins", "kbd", "li", "mark", "ol", "p",
    "pre", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th",
    "thead", "tr", "u", "ul", "var"};
constexpr std::string_view kVoid[] = {"br", "col", "hr"};
// What is between them is no text for people.
constexpr std::string_view kDropped[] = {
    "applet", "audio", "canvas", "embed", "frameset", "head", "iframe", "math", "noembed", "noframes", "noscript",
    "object", "plaintext", "script", "select", "style", "svg", "template", "textarea", "title", "video", "xmp"};
// clang-format on
constexpr std::size_t kDepthMax = 100;
// The only attributes that are looked at.
constexpr std::string_view kAttributes[] = {"alt", "colspan", "href", "rowspan", "start"};
// A browser knows each once.
constexpr std::size_t kAttributesMax = 5;
// What begins like a tag and goes on to the end of the text costs a look at all of it, and there may be one
// at every other byte: after so many, nothing in the text is taken for a tag any more.
constexpr int kUnendedMax = 16;

template <std::size_t count>
bool is_in(const std::string_view (&list)[count], std::string_view name) {
  return std::ranges::find(list, name) != std::end(list);
}

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_space(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

// "&amp;", "&#12;", "&#xA0;" at the begin of `text`: how long it is, 0 if it is none.
std::size_t entity(std::string_view text) {
  std::size_t at = 1;
  if (text.substr(at).starts_with('#')) ++at;
  while (at < text.size() && at < 32 && (is_letter(text[at]) || is_digit(text[at]))) ++at;
  return at > 2 && at < text.size() && text[at] == ';' ? at + 1 : 0;
}

// Text of HTML: entities stay what they are, and nothing else has a meaning.
void add_text(std::string_view text, std::string& to) {
  while (!text.empty()) {
    const std::size_t special = std::min(text.find_first_of(std::string_view("&<>\"'\0", 6)), text.size());
    to += text.substr(0, special);
    text.remove_prefix(special);
    if (text.empty()) return;
    const std::size_t length = text.front() == '&' ? entity(text) : 0;
    if (length > 0) {
      to += text.substr(0, length);
    } else {
      to += escaped(text.substr(0, 1));
    }
    text.remove_prefix(std::max<std::size_t>(length, 1));
  }
}

struct Attribute {
  std::string_view name;
  std::string_view value;
};

struct Tag {
  std::string name;
  bool closes = false;
  std::vector<Attribute> attributes;
};

// Reads tags as browsers do, roughly: where we read one differently, the result is ugly, never harmful.
class Filter {
 public:
  explicit Filter(std::string_view html) : rest_(html) {}

  std::string run() {
    while (!rest_.empty()) {
      const std::size_t begin = std::min(rest_.find('<'), rest_.size());
      add_text(rest_.substr(0, begin), out_);
      rest_.remove_prefix(begin);
      if (rest_.empty()) break;
      if (!skip_markup()) take_tag();
    }
    while (!open_.empty()) close_last();
    return std::move(out_);
  }

 private:
  // Comments, doctypes, instructions.
  bool skip_markup() {
    if (rest_.starts_with("<!--")) {
      const std::size_t end = rest_.find("-->");
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 3);
      return true;
    }
    if (!rest_.starts_with("<!") && !rest_.starts_with("<?")) return false;
    const std::size_t end = rest_.find('>');
    rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
    return true;
  }

  void take_tag() {
    const std::optional<Tag> tag = unended_ < kUnendedMax ? read_tag() : std::nullopt;
    if (!tag) {
      out_ += "&lt;";
      rest_.remove_prefix(1);
      return;
    }
    if (is_in(kDropped, tag->name)) {
      if (!tag->closes) drop_content(tag->name);
    } else if (tag->name == "img") {
      for (const Attribute& attribute : tag->attributes)
        if (attribute.name == "alt") add_text(attribute.value, out_);
    } else if (is_in(kTags, tag->name)) {
      tag->closes ? close(tag->name) : open(*tag);
    }
  }

  std::optional<Tag> read_tag() {
    std::string_view text = rest_.substr(1);
    Tag tag;
    tag.closes = text.starts_with('/');
    if (tag.closes) text.remove_prefix(1);
    if (text.empty() || !is_letter(text.front())) return std::nullopt;
    const auto take_until = [&](auto ends) {
      std::size_t length = 0;
      while (length < text.size() && !ends(text[length])) ++length;
      return text.substr(0, length);
    };
    const auto skip = [&](std::string_view taken) { text.remove_prefix(taken.size()); };
    const auto name_ends = [](char c) { return is_space(c) || c == '/' || c == '>' || c == '='; };
    const std::string_view name = take_until(name_ends);
    skip(name);
    tag.name = boost::to_lower_copy(std::string(name));
    while (true) {
      skip(take_until([](char c) { return !is_space(c) && c != '/' && c != '='; }));
      if (text.empty()) return unended();
      if (text.front() == '>') break;
      const std::string_view key = take_until(name_ends);
      skip(key);
      skip(take_until([](char c) { return !is_space(c); }));
      std::string_view value;
      if (text.starts_with('=')) {
        text.remove_prefix(1);
        skip(take_until([](char c) { return !is_space(c); }));
        if (text.starts_with('"') || text.starts_with('\'')) {
          const char quote = text.front();
          text.remove_prefix(1);
          value = take_until([quote](char c) { return c == quote; });
          skip(value);
          if (text.empty()) return unended();
          text.remove_prefix(1);
        } else {
          value = take_until([](char c) { return is_space(c) || c == '>'; });
          skip(value);
        }
      }
      add(key, value, tag);
    }
    rest_ = text.substr(1);
    return tag;
  }

  std::optional<Tag> unended() {
    unended_ += 1;
    return std::nullopt;
  }

  static void add(std::string_view key, std::string_view value, Tag& tag) {
    const auto is_key = [key](std::string_view known) { return boost::iequals(key, known); };
    const auto* const known = std::ranges::find_if(kAttributes, is_key);
    if (known != std::end(kAttributes) && tag.attributes.size() < kAttributesMax)
      tag.attributes.push_back({*known, value});
  }

  void drop_content(const std::string& name) {
    for (std::size_t at = rest_.find("</"); at != rest_.npos; at = rest_.find("</", at + 2)) {
      if (!boost::istarts_with(rest_.substr(at + 2), name)) continue;
      const std::size_t end = rest_.find('>', at);
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      return;
    }
    rest_ = {};
  }

  void open(const Tag& tag) {
    if (open_.size() >= kDepthMax) return;
    out_ += "<" + tag.name;
    for (const Attribute& attribute : tag.attributes) add_attribute(tag.name, attribute);
    out_ += ">";
    if (!is_in(kVoid, tag.name)) open_.push_back(tag.name);
  }

  void add_attribute(const std::string& tag, const Attribute& attribute) {
    const bool span = attribute.name == "colspan" || attribute.name == "rowspan" || attribute.name == "start";
    const bool number = !attribute.value.empty() && attribute.value.size() <= 4 &&
                        std::ranges::all_of(attribute.value, is_digit);
    const bool link =
        tag == "a" && attribute.name == "href" &&
        (boost::istarts_with(attribute.value, "https://") ||
         boost::istarts_with(attribute.value, "http://") || boost::istarts_with(attribute.value, "mailto:"));
    if ((!span || !number) && !link) return;
    out_ += fmt::format(" {}=\"", attribute.name);
    add_text(attribute.value, out_);
    out_ += link ? "\" rel=\"noreferrer noopener\"" : "\"";
  }

  void close(const std::string& name) {
    if (std::ranges::find(open_, name) == open_.end()) return;
    while (open_.back() != name) close_last();
    close_last();
  }

  void close_last() {
    out_ += "</" + open_.back() + ">";
    open_.pop_back();
  }

  std::string_view rest_;
  int unended_ = 0;
  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace

std::string escaped(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      case '\'':
        result += "&#39;";
        break;
      default:
        // HTML knows no control characters but these.
        result += static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t' ? c : ' ';
    }
  }
  return result;
}

std::string harmless_html(std::string_view html) {
  return Filter(html).run();
}

bool has_text(std::string_view html) {
  bool in_tag = false;
  for (const char c : html) {
    if (c == '<') in_tag = true;
    if (!in_tag && !is_space(c)) return true;
    if (c == '>') in_tag = false;
  }
  return false;
}

}  // namespace chunkrd::artifacts
