#include "outbox/relative_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <climits>
#include <iterator>

#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd::outbox {
namespace {

// eCryptfs, the narrowest in use: 143 bytes of 255 are left when names are encrypted.
constexpr std::size_t kPortableBytesMax = 143;

// Longer ones are no endings but names with a dot in them.
constexpr std::size_t kEndingBytesMax = 16;

void refuse_unsafe(std::string_view component, std::string_view whole) {
  if (component.empty() || component == "." || component == ".." || component == ".chunkrd" ||
      component.size() > NAME_MAX || component.find('\0') != std::string_view::npos)
    throw UnsafeName(fmt::format("the name \"{}\" cannot be used below a folder", printable(whole)));
}

std::string_view ending_of(std::string_view base) {
  const std::size_t dot = base.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || base.size() - dot > kEndingBytesMax) return {};
  return base.substr(dot);
}

// The first `bytes` of `stem`, less what would be the half of a UTF-8 character.
std::string_view cut(std::string_view stem, std::size_t bytes) {
  if (stem.size() <= bytes) return stem;
  const auto continues = [&](std::size_t i) { return (static_cast<unsigned char>(stem[i]) & 0xC0) == 0x80; };
  std::size_t end = bytes;
  while (end > 0 && bytes - end < 3 && continues(end)) --end;
  return stem.substr(0, end);
}

std::string marked(std::string_view base, std::string_view mark, std::size_t suffix_bytes,
                   std::size_t bytes_max = NAME_MAX) {
  const std::string_view ending = ending_of(base);
  const std::string_view stem = base.substr(0, base.size() - ending.size());
  const std::size_t taken = 1 + mark.size() + ending.size() + suffix_bytes;
  return fmt::format("{}~{}{}", cut(stem, bytes_max - taken), mark, ending);
}

std::string escaped(char c) {
  return fmt::format("%{:02X}", static_cast<unsigned char>(c));
}

// "aux", "AUX.pdf", "com1.tar.gz": devices, whatever their ending.
bool is_device(std::string_view base) {
  std::string stem(base.substr(0, base.find('.')));
  std::ranges::transform(stem, stem.begin(), [](unsigned char c) { return std::toupper(c); });
  constexpr std::string_view kDevices[] = {"CON", "PRN", "AUX", "NUL"};
  if (std::ranges::find(kDevices, stem) != std::end(kDevices)) return true;
  return stem.size() == 4 && (stem.starts_with("COM") || stem.starts_with("LPT")) && stem[3] >= '1' &&
         stem[3] <= '9';
}

std::string_view last(std::string_view text, std::size_t count) {
  return text.substr(text.size() - std::min(text.size(), count));
}

}  // namespace

RelativeName::RelativeName(std::string_view bytes) {
  std::string_view rest = bytes;
  while (true) {
    const std::size_t slash = rest.find('/');
    refuse_unsafe(rest.substr(0, slash), bytes);
    if (slash == std::string_view::npos) break;
    folders_.emplace_back(rest.substr(0, slash));
    rest.remove_prefix(slash + 1);
  }
  base_ = rest;
}

std::string fitted(std::string_view base, std::size_t suffix_bytes) {
  if (base.size() + suffix_bytes <= NAME_MAX) return std::string(base);
  return marked(base, sha256_hex(base).substr(0, 8), suffix_bytes);
}

std::string portable(std::string_view base, std::size_t suffix_bytes) {
  std::string name;
  for (const char c : printable(base))
    name += std::string_view("\"*:<>?\\|").contains(c) ? escaped(c) : std::string(1, c);
  if (name.ends_with('.') || name.ends_with(' ')) name.replace(name.size() - 1, 1, escaped(name.back()));
  if (is_device(name)) name.replace(0, 1, escaped(name.front()));
  if (name.size() + suffix_bytes <= kPortableBytesMax) return name;
  return marked(name, sha256_hex(base).substr(0, 8), suffix_bytes, kPortableBytesMax);
}

bool may_be_the_name(const std::error_code& error) noexcept {
  return error == std::errc::invalid_argument || error == std::errc::illegal_byte_sequence ||
         error == std::errc::filename_too_long || error == std::errc::no_such_file_or_directory ||
         error == std::errc::operation_not_permitted;
}

std::string candidate(unsigned n, std::string_view base, const Marks& marks, std::size_t suffix_bytes) {
  if (n == 0) return fitted(base, suffix_bytes);
  // The end of a job id is random, its beginning is the time.
  const std::string_view tail = last(marks.job_id, 8);
  const std::string_view hash = marks.sha256.empty() ? tail : std::string_view(marks.sha256).substr(0, 8);
  if (n == 1) return marked(base, hash, suffix_bytes);
  if (n == 2) return marked(base, fmt::format("{}-{}", hash, tail), suffix_bytes);
  return marked(base, fmt::format("{}-{}-{}", hash, tail, n), suffix_bytes);
}

}  // namespace chunkrd::outbox
