#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace chunkrd::artifacts {

/// The name of a segment's picture, without its ending. Ids come from the service: one that is no plain
/// file name ([A-Za-z0-9_-], "." inside, at most 80 bytes) is made one and gets a hash.
std::string picture_stem(const std::string& segment_id);

/// The picture of this segment in `folder`, a name in it; nothing if it has none.
std::optional<std::string> find_picture(const std::filesystem::path& folder, const std::string& segment_id);

/// Where the pictures of a result lie.
struct PictureFolder {
  std::filesystem::path folder;  ///< now: to see which there are
  std::string href;              ///< as the page will see it, bytes: "report.pdf.images"
};

/// The address of this segment's picture, as a page beside the folder has it; nothing if it has none.
std::optional<std::string> picture_href(const PictureFolder& pictures, const std::string& segment_id);

/// Gives a picture that was saved as STEM the ending of what it is: ".jpg" (what the service makes), or
/// ".png", ".webp", ".gif" by its first bytes. Throws std::system_error.
void name_by_content(const std::filesystem::path& picture);

}  // namespace chunkrd::artifacts
