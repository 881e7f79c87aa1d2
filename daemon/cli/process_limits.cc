#include "cli/process_limits.h"

#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>

namespace chunkrd::cli {
namespace {

// The queue and its log, the loop, sockets of the metrics endpoint, kept connections, libraries.
constexpr std::uint64_t kOwn = 256;
// A document and the connection that it goes out by; a result, its pictures (four at a time) and their
// connections.
constexpr std::uint64_t kUpload = 4, kDownload = 16;
// Watching, listing, and the file steps of each kind on it: folders down to a document, the document, its
// copy.
constexpr std::uint64_t kInbox = 128;

rlimit limit_now() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit;
}

// Leak detection attaches to its own process.
constexpr bool kIsSanitized =
#if defined(__SANITIZE_ADDRESS__)
    true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
    true;
#else
    false;
#endif
#else
    false;
#endif

}  // namespace

std::uint64_t open_files_needed(const config::Settings& settings) {
  const config::Limits& limits = settings.limits;
  return kOwn + static_cast<std::uint64_t>(limits.polls) +
         kUpload * static_cast<std::uint64_t>(limits.uploads) +
         kDownload * static_cast<std::uint64_t>(limits.downloads) + kInbox * settings.inboxes.size();
}

std::string OpenFiles::text() const {
  return fmt::format(
      "the configuration may need {} open files at once (limits, inboxes), and this process may have {}{}",
      needed, allowed,
      enough() ? std::string()
               : ": set LimitNOFILE= in the unit (or ulimit -n) to more, or lower limits.polls; what "
                 "lacks one waits and is tried again");
}

OpenFiles look_at_open_files(const config::Settings& settings) {
  return {open_files_needed(settings), limit_now().rlim_max};
}

OpenFiles raise_open_files(const config::Settings& settings) {
  const std::uint64_t needed = open_files_needed(settings);
  rlimit limit = limit_now();
  if (limit.rlim_cur < needed) {
    rlimit wanted{needed, std::max<rlim_t>(needed, limit.rlim_max)};
    // Above the hard limit only with privileges.
    if (::setrlimit(RLIMIT_NOFILE, &wanted) != 0) {
      wanted = {std::min<rlim_t>(needed, limit.rlim_max), limit.rlim_max};
      (void)::setrlimit(RLIMIT_NOFILE, &wanted);
    }
  }
  return {needed, limit_now().rlim_cur};
}

void keep_memory_private() {
  const char* const asked_for = std::getenv("CHUNKRD_CORE_DUMPS");
  if (asked_for != nullptr && std::string_view(asked_for) == "1") return;
  const rlimit none{0, 0};
  (void)::setrlimit(RLIMIT_CORE, &none);
  if (!kIsSanitized) (void)::prctl(PR_SET_DUMPABLE, 0);
}

}  // namespace chunkrd::cli
