#pragma once

#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace chunkrd::cli {

/// How something is meant to look; what does not matter on a stream without colours.
enum class Look { plain, strong, dim, good, bad, warning, busy };

/// What is known about where a command prints to.
struct Terminal {
  std::optional<int> columns;  ///< nothing when it is no terminal: then nothing is cut
  bool colours = false;  ///< on a terminal, unless NO_COLOR is set (https://no-color.org) or TERM is dumb

  /// Looks at `stream` and at COLUMNS, NO_COLOR and TERM.
  static Terminal of(std::FILE* stream);

  /// `text` with the escapes for `look`, if there are colours here.
  std::string shown(std::string_view text, Look look) const;
};

/// How many columns `text` (UTF-8 without control characters: see printable()) takes.
int display_width(std::string_view text);

/// `text`, so far shortened in its middle, with an ellipsis there, that it takes at most `columns`. The end
/// of a file name says as much as its beginning.
std::string shortened(std::string_view text, int columns);

}  // namespace chunkrd::cli
