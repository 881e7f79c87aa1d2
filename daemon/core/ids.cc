#include "core/ids.h"

#include <sys/random.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

namespace chunkrd {
namespace {

constexpr char kBase32[] = "0123456789abcdefghjkmnpqrstvwxyz";

void append_base32(std::string& text, std::uint64_t bits, int digits) {
  for (int shift = 5 * (digits - 1); shift >= 0; shift -= 5) text += kBase32[(bits >> shift) & 31];
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
                10);
  return id;
}

std::string make_tag(Random& random) {
  std::string tag;
  append_base32(tag, random.next(), 10);
  append_base32(tag, random.next(), 10);
  return tag;
}

}  // namespace chunkrd
