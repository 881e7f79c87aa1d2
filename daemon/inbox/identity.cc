#include "inbox/identity.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <charconv>

namespace chunkrd::inbox {
namespace {

// Modulo 2^64, so that times after 2262 and before 1678 have a number, too: the one that earlier versions
// gave them. Two of one file that share it are 584 years apart.
std::int64_t nanoseconds(const timespec& time) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
                                   static_cast<std::uint64_t>(time.tv_nsec));
}

/// Reads one number off the front of `text`, and the ':' behind it unless the text ends there.
template <class Number>
bool read(std::string_view& text, Number& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.empty()) return true;
  if (text.front() != ':' || text.size() == 1) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

Identity Identity::of(const struct stat& file) noexcept {
  return {.device = file.st_dev,
          .inode = file.st_ino,
          .size_bytes = static_cast<std::uint64_t>(file.st_size),
          .mtime_ns = nanoseconds(file.st_mtim),
          .ctime_ns = nanoseconds(file.st_ctim)};
}

std::string Identity::text() const {
  return fmt::format("{}:{}:{}:{}", inode, size_bytes, mtime_ns, ctime_ns);
}

std::optional<Identity> Identity::from(std::string_view text) noexcept {
  Identity identity;
  if (read(text, identity.inode) && read(text, identity.size_bytes) && read(text, identity.mtime_ns) &&
      !text.empty() && read(text, identity.ctime_ns) && text.empty())
    return identity;
  return std::nullopt;
}

bool Identity::fits(const Identity& other) const noexcept {
  return same_content(other) && ctime_ns == other.ctime_ns &&
         (device == 0 || other.device == 0 || device == other.device);
}

bool Identity::same_content(const Identity& other) const noexcept {
  return inode == other.inode && size_bytes == other.size_bytes && mtime_ns == other.mtime_ns;
}

}  // namespace chunkrd::inbox
