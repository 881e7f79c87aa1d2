#include "artifacts/pictures.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>

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
  std::ifstream(picture, std::ios::binary).read(head.data(), head.size());
  const std::string_view bytes(head.data(), head.size());
  if (bytes.starts_with("\x89PNG")) return ".png";
  if (bytes.starts_with("RIFF") && bytes.substr(8) == "WEBP") return ".webp";
  if (bytes.starts_with("GIF8")) return ".gif";
  return ".jpg";
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

void name_by_content(const fs::path& picture) {
  fs::path named = picture;
  named += ending_of(picture);
  fs::rename(picture, named);
}

}  // namespace chunkrd::artifacts
