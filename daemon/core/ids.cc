#include "core/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace chunkrd {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";

constexpr std::size_t kTimeDigits = 10, kMarkDigits = 16, kAttemptDigits = 4;

bool is_base32(std::string_view text) {
  return text.find_first_not_of(kBase32) == std::string_view::npos;
}

void append_base32(std::string& text, std::uint64_t bits, std::size_t digits) {
  for (int shift = 5 * (static_cast<int>(digits) - 1); shift >= 0; shift -= 5)
    text += kBase32[(bits >> shift) & 31];
}

}  // namespace

std::uint64_t SystemRandom::next() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != sizeof bits)
    throw std::system_error(errno, std::generic_category(), "getrandom");
  return bits;
}

std::string make_job_id(WallTime now, Random& random) {
  std::string id = first_job_id_at(now);
  append_base32(id, random.next(), 8);
  append_base32(id, random.next(), 8);
  return id;
}

std::string first_job_id_at(WallTime time) {
  std::string id;
  append_base32(id, static_cast<std::uint64_t>(std::max<std::int64_t>(0, time.time_since_epoch().count())),
                kTimeDigits);
  return id;
}

std::optional<WallTime> time_of_job_id(std::string_view id) {
  if (id.size() != kTimeDigits + kMarkDigits || !is_base32(id)) return std::nullopt;
  std::int64_t milliseconds = 0;
  for (const char digit : id.substr(0, kTimeDigits))
    milliseconds = milliseconds * 32 + static_cast<std::int64_t>(kBase32.find(digit));
  return WallTime(Duration(milliseconds));
}

std::string make_tag(const std::string& job_id, Random& random) {
  std::string tag = job_mark(job_id);
  append_base32(tag, random.next(), kAttemptDigits);
  return tag;
}

std::string job_mark(const std::string& job_id) {
  return job_id.substr(job_id.size() - std::min<std::size_t>(job_id.size(), kMarkDigits));
}

std::string job_mark_in(std::string_view file_name) {
  const std::string_view stem = file_name.substr(0, file_name.rfind('.'));
  const auto dash = stem.rfind('-');
  if (dash == std::string_view::npos) return {};
  const std::string_view tag = stem.substr(dash + 1);
  // A job that was found again without its row is submitted with nothing but its mark.
  if ((tag.size() != kMarkDigits && tag.size() != kMarkDigits + kAttemptDigits) || !is_base32(tag)) return {};
  return std::string(tag.substr(0, kMarkDigits));
}

}  // namespace chunkrd
