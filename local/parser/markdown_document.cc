#include "local/parser/markdown_document.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "local/parser/front_matter.h"
#include "local/parser/render.h"
#include "local/parser/unicode.h"

namespace chunkrd::local {
namespace {

struct FreeNode {
  void operator()(cmark_node* node) const noexcept { cmark_node_free(node); }
};
struct FreeParser {
  void operator()(cmark_parser* parser) const noexcept { cmark_parser_free(parser); }
};
using Node = std::unique_ptr<cmark_node, FreeNode>;
using Parser = std::unique_ptr<cmark_parser, FreeParser>;

std::string_view type_of(cmark_node* node) {
  return cmark_node_get_type_string(node);
}

/// Takes over a text that cmark allocated, without the line break at its end.
std::string take(char* text) {
  const std::unique_ptr<char, void (*)(void*)> owned(text, std::free);
  std::string taken = text ? text : "";
  while (taken.ends_with('\n')) taken.pop_back();
  return taken;
}

Parser make_parser() {
  cmark_gfm_core_extensions_ensure_registered();
  Parser parser(cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8));
  for (const char* name : {"table", "strikethrough", "tasklist"}) {
    cmark_syntax_extension* extension = cmark_find_syntax_extension(name);
    if (extension == nullptr) throw std::runtime_error(std::string("cmark-gfm has no extension ") + name);
    cmark_parser_attach_syntax_extension(parser.get(), extension);
  }
  return parser;
}

/// The text below `node`, without its marks; what a picture is called counts, what a link points to not.
std::string plain_text(cmark_node* node) {
  std::string text;
  const std::unique_ptr<cmark_iter, void (*)(cmark_iter*)> iterator(cmark_iter_new(node), cmark_iter_free);
  for (auto event = cmark_iter_next(iterator.get()); event != CMARK_EVENT_DONE;
       event = cmark_iter_next(iterator.get())) {
    if (event != CMARK_EVENT_ENTER) continue;
    const cmark_node_type type = cmark_node_get_type(cmark_iter_get_node(iterator.get()));
    const char* literal = cmark_node_get_literal(cmark_iter_get_node(iterator.get()));
    if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) text += ' ';
    if (literal != nullptr) text += literal;
  }
  while (text.ends_with('\n')) text.pop_back();
  return text;
}

class MarkdownReader {
 public:
  explicit MarkdownReader(cmark_parser* parser) : extensions_(cmark_parser_get_syntax_extensions(parser)) {}

  std::vector<Segment> read(cmark_node* document) {
    read_blocks(document);
    return std::move(segments_);
  }

 private:
  void read_blocks(cmark_node* parent) {
    for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node))
      read_block(node);
  }

  void read_block(cmark_node* node) {
    switch (cmark_node_get_type(node)) {
      case CMARK_NODE_HEADING:
        return add(node, heading_type(node));
      case CMARK_NODE_LIST:
        return read_list(node);
      case CMARK_NODE_BLOCK_QUOTE:
        return read_blocks(node);
      case CMARK_NODE_THEMATIC_BREAK:
        return;
      case CMARK_NODE_HTML_BLOCK:
        return add_html(node);
      case CMARK_NODE_PARAGRAPH:
        return add(node, is_picture(node) ? SegmentType::Picture : SegmentType::Text);
      default:
        return add(node, type_of(node) == "table" ? SegmentType::Table : SegmentType::Text);
    }
  }

  SegmentType heading_type(cmark_node* node) {
    if (cmark_node_get_heading_level(node) > 1 || has_title_) return SegmentType::SectionHeader;
    has_title_ = true;
    return SegmentType::Title;
  }

  static bool is_picture(cmark_node* paragraph) {
    cmark_node* child = cmark_node_first_child(paragraph);
    return child != nullptr && cmark_node_next(child) == nullptr &&
           cmark_node_get_type(child) == CMARK_NODE_IMAGE;
  }

  void add(cmark_node* node, SegmentType type) {
    Segment& segment = segments_.emplace_back();
    segment.type = type;
    segment.content = type == SegmentType::Table ? table_text(node, segment.cells) : plain_text(node);
    segment.html = take(cmark_render_html(node, CMARK_OPT_DEFAULT, extensions_));
    segment.markdown = take(cmark_render_commonmark(node, CMARK_OPT_DEFAULT, 0));
    if (type == SegmentType::Table) segment.markdown = table_markdown(segment);
  }

  /// Raw HTML may hold a script: it is shown, not passed on.
  void add_html(cmark_node* node) {
    Segment& segment = segments_.emplace_back();
    segment.content = plain_text(node);
    if (segment.content.starts_with("<!--")) return segments_.pop_back();
    segment.html = "<pre>" + escape_html(segment.content) + "</pre>";
    segment.markdown = "```html\n" + segment.content + "\n```";
  }

  /// cmark's own Markdown writer gives the cells of a table a form that it does not read again.
  static std::string table_markdown(const Segment& table) {
    Segment plain = table;
    render(plain);
    return plain.markdown;
  }

  static std::string table_text(cmark_node* table, TableCells& cells) {
    std::string text;
    for (cmark_node* row = cmark_node_first_child(table); row != nullptr; row = cmark_node_next(row)) {
      std::vector<std::string>& columns = cells.emplace_back();
      if (!text.empty()) text += '\n';
      for (cmark_node* cell = cmark_node_first_child(row); cell != nullptr; cell = cmark_node_next(cell)) {
        columns.push_back(plain_text(cell));
        if (columns.size() > 1) text += ' ';
        text += columns.back();
      }
    }
    return text;
  }

  void read_list(cmark_node* list) {
    const bool ordered = cmark_node_get_list_type(list) == CMARK_ORDERED_LIST;
    int number = cmark_node_get_list_start(list);
    for (cmark_node* item = cmark_node_first_child(list); item != nullptr; item = cmark_node_next(item)) {
      const std::string marker = ordered ? std::to_string(number++) + "." : "-";
      bool is_first = true;
      for (cmark_node* block = cmark_node_first_child(item); block != nullptr;
           block = cmark_node_next(block)) {
        if (std::exchange(is_first, false) && cmark_node_get_type(block) == CMARK_NODE_PARAGRAPH) {
          add_item(block, marker);
        } else {
          read_block(block);
        }
      }
    }
  }

  void add_item(cmark_node* paragraph, const std::string& marker) {
    add(paragraph, SegmentType::ListItem);
    Segment& item = segments_.back();
    item.marker = marker;
    // "<p>text</p>", of which a list item needs the inside; a tight list's paragraph comes without.
    std::string_view inner = item.html;
    if (inner.starts_with("<p>") && inner.ends_with("</p>")) inner = inner.substr(3, inner.size() - 7);
    const bool ordered = marker != "-";
    const std::string opening =
        ordered ? "<ol start=\"" + marker.substr(0, marker.size() - 1) + "\"><li>" : "<ul><li>";
    item.html = opening + std::string(inner) + (ordered ? "</li></ol>" : "</li></ul>");
    item.markdown = marker + ' ' + item.markdown;
  }

  cmark_llist* extensions_;
  std::vector<Segment> segments_;
  bool has_title_ = false;
};

}  // namespace

std::vector<Segment> read_markdown(std::string_view text) {
  const Parser parser = make_parser();
  text = without_front_matter(text);
  cmark_parser_feed(parser.get(), text.data(), text.size());
  const Node document(cmark_parser_finish(parser.get()));
  return MarkdownReader(parser.get()).read(document.get());
}

}  // namespace chunkrd::local
