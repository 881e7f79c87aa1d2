#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::artifacts {

/// A page to look at: each page's picture with its segments as labelled boxes, the text beside it. One file
/// that runs its own script only (Content-Security-Policy with its hash) and asks nobody. All of the result's
/// text is escaped, or filtered (tables).
///
/// Pages are drawn by pdftoppm in a process of its own with limits; where there is no `pdf`, it cannot be
/// drawn, or pdftoppm is not installed, the boxes lie on blank pages. `result` may be a delivered NAME.json.
/// Memory follows the largest chunk and the largest page. Overwrites `to` and leaves it synced; a temporary
/// file is made beside it.
///
/// Blocking, some 60 ms a page with a PDF: file pool. Throws std::system_error, and BrokenResult.
void write_report(const std::filesystem::path& result, const std::optional<std::filesystem::path>& pdf,
                  const std::string& source, const std::filesystem::path& to);

}  // namespace chunkrd::artifacts
