#pragma once

#include <string>
#include <string_view>

namespace chunkrd::artifacts {

/// `text` as it may stand in HTML, between tags and in quoted attributes.
std::string escaped(std::string_view text);

/// What is harmless of somebody else's HTML, as well-formed HTML: written anew from a short list of tags
/// (text structure and tables) and attributes (spans, links to http, https and mailto); everything else is
/// dropped, with its content where that is no text (script, style, ...). Whatever the input is, the output
/// has no other tag than those, and every one that is opened is closed. Pictures are dropped, their `alt`
/// stays. Pure; the time it takes grows with the text, whatever is in it.
std::string harmless_html(std::string_view html);

/// Whether HTML of ours (of harmless_html()) shows anything.
bool has_text(std::string_view html);

}  // namespace chunkrd::artifacts
