#include "artifacts/pictures.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kStemBytesMax = 80;
constexpr const char* kEndings[] = {".jpg", ".png", ".webp", ".gif"};

bool is_plain(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '.';
}

const char* ending_of(const fs::path& picture) {
  std::array<char, 12> head{};
  const auto file = durable::open(picture, O_RDONLY | O_NOFOLLOW);
  if (::pread(file.get(), head.data(), head.size(), 0) < 0)
    throw std::system_error(errno, std::generic_category(), "read " + printable(picture.native()));
  const std::string_view bytes(head.data(), head.size());
  if (bytes.starts_with("\x89PNG")) return ".png";
  if (bytes.starts_with("RIFF") && bytes.substr(8) == "WEBP") return ".webp";
  if (bytes.starts_with("GIF8")) return ".gif";
  return ".jpg";
}

// A name of bytes as the path of a URL.
std::string url_path(std::string_view bytes) {
  std::string url;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    url += plain ? std::string(1, c) : fmt::format("%{:02X}", byte);
  }
  return url;
}

}  // namespace

std::string picture_stem(const std::string& segment_id) {
  const bool plain = !segment_id.empty() && segment_id.size() <= kStemBytesMax &&
                     std::ranges::all_of(segment_id, is_plain) && segment_id.front() != '.' &&
                     segment_id.back() != '.';
  if (plain) return segment_id;
  std::string stem = segment_id.substr(0, kStemBytesMax / 2);
  std::ranges::replace_if(stem, [](char c) { return !is_plain(c) || c == '.'; }, '_');
  return stem + "~" + sha256_hex(segment_id).substr(0, 16);
}

std::optional<std::string> find_picture(const fs::path& folder, const std::string& segment_id) {
  const std::string stem = picture_stem(segment_id);
  for (const char* ending : kEndings)
    if (fs::exists(folder / (stem + ending))) return stem + ending;
  return std::nullopt;
}

std::optional<std::string> picture_href(const PictureFolder& pictures, const std::string& segment_id) {
  const auto name = find_picture(pictures.folder, segment_id);
  if (!name) return std::nullopt;
  // "./": a name with a colon is no scheme.
  return "./" + url_path(pictures.href + "/" + *name);
}

void name_by_content(const fs::path& picture) {
  fs::path named = picture;
  named += ending_of(picture);
  fs::rename(picture, named);
}

}  // namespace chunkrd::artifacts
