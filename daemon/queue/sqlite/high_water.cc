#include "queue/sqlite/high_water.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <string_view>

#include "core/durable.h"

namespace chunkrd::queue {
namespace {

std::filesystem::path beside(std::filesystem::path queue) {
  return queue.replace_extension(".latest");
}

int flags_for(HighWater::Write write) {
  switch (write) {
    case HighWater::Write::never:
      return O_RDONLY;
    case HighWater::Write::if_there:
      return O_RDWR;
    case HighWater::Write::always:
      break;
  }
  return O_RDWR | O_CREAT;
}

}  // namespace

HighWater::HighWater(const std::filesystem::path& queue, Write write)
    : file_(::open(beside(queue).c_str(), flags_for(write) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600)) {}

// The first line, "<queue id> <date>\n": always of the same length for one queue. What stands behind it is of
// another queue before, which had a longer id.
std::optional<HighWater::Known> HighWater::read() const {
  std::array<char, 128> bytes{};
  const ssize_t count = file_ ? ::pread(file_.get(), bytes.data(), bytes.size(), 0) : -1;
  if (count <= 0) return std::nullopt;
  std::string_view text(bytes.data(), static_cast<std::size_t>(count));
  const auto space = text.find(' '), end = text.find('\n');
  if (end == std::string_view::npos || space > end) return std::nullopt;
  text = text.substr(0, end);
  std::int64_t date = 0;
  const auto digits = text.substr(space + 1);
  const auto first = digits.find_first_not_of('0');
  if (first == std::string_view::npos) return std::nullopt;
  const auto read = std::from_chars(digits.data() + first, digits.data() + digits.size(), date);
  if (read.ec != std::errc() || read.ptr != digits.data() + digits.size()) return std::nullopt;
  return Known{std::string(text.substr(0, space)), WallTime(Duration(date))};
}

void HighWater::rise(const std::string& queue_id, WallTime date) const {
  if (!file_) return;
  const std::string text = fmt::format("{} {:020}\n", queue_id, date.time_since_epoch().count());
  (void)!::pwrite(file_.get(), text.data(), text.size(), 0);
}

std::string birth_of(const std::filesystem::path& file) {
  struct statx status{};
  if (::statx(AT_FDCWD, file.c_str(), 0, STATX_INO | STATX_BTIME, &status) != 0) return {};
  if ((status.stx_mask & STATX_BTIME) == 0) return {};
  return fmt::format("{}:{}.{:09}", status.stx_ino, status.stx_btime.tv_sec, status.stx_btime.tv_nsec);
}

void HighWater::remove(const std::filesystem::path& queue) {
  durable::remove_file(beside(queue));
}

}  // namespace chunkrd::queue
