#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace chunkrd::local {

/// The text of a file, whoever wrote it, as UTF-8 with "\n" at the end of its lines: UTF-8 and UTF-16 with
/// their marks or without, and Windows-1252 (of which Latin-1's letters are a part), which any byte is taken
/// for that is not UTF-8. Nothing if these bytes are no text: UTF-16 without a mark is known by its spaces
/// and letters of Latin script, everything else has no NUL and hardly any other control character. Pure.
std::optional<std::string> text_of_file(std::string_view bytes);

/// `text` (UTF-8) in Windows-1252, '?' for what it has no letter for.
std::string to_windows_1252(std::string_view text);

}  // namespace chunkrd::local
