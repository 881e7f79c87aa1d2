#include "artifacts/markdown_html.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <cstdlib>
#include <memory>
#include <stdexcept>

#include "artifacts/html_filter.h"
#include "artifacts/picture_links.h"

namespace chunkrd::artifacts {
namespace {

struct Free {
  void operator()(cmark_node* node) const noexcept { cmark_node_free(node); }
  void operator()(cmark_parser* parser) const noexcept { cmark_parser_free(parser); }
  void operator()(char* text) const noexcept { std::free(text); }
};

// HTML within it is left to the filter.
constexpr int kOptions = CMARK_OPT_DEFAULT | CMARK_OPT_VALIDATE_UTF8 | CMARK_OPT_UNSAFE;

void attach(cmark_parser* parser, const char* name) {
  cmark_syntax_extension* const extension = cmark_find_syntax_extension(name);
  if (extension == nullptr) throw std::runtime_error(std::string("cmark-gfm has no extension ") + name);
  cmark_parser_attach_syntax_extension(parser, extension);
}

// Any thread: cmark itself guards nothing.
void register_extensions() {
  static const bool kOnce = (cmark_gfm_core_extensions_ensure_registered(), true);
  (void)kOnce;
}

}  // namespace

std::string html_of_markdown(std::string_view markdown) {
  if (markdown.size() > kMarkdownBytesMax) return "<p>" + escaped(without_picture_links(markdown)) + "</p>";
  register_extensions();
  const std::unique_ptr<cmark_parser, Free> parser(cmark_parser_new(kOptions));
  for (const char* name : {"table", "strikethrough"}) attach(parser.get(), name);
  cmark_parser_feed(parser.get(), markdown.data(), markdown.size());
  const std::unique_ptr<cmark_node, Free> document(cmark_parser_finish(parser.get()));
  const std::unique_ptr<char, Free> html(
      cmark_render_html(document.get(), kOptions, cmark_parser_get_syntax_extensions(parser.get())));
  return harmless_html(html.get());
}

}  // namespace chunkrd::artifacts
