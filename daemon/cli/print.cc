#include "cli/print.h"

#include <poll.h>

#include <exception>
#include <iterator>

namespace chunkrd::cli {

void write_out(std::FILE* to, fmt::string_view format, fmt::format_args arguments) noexcept {
  try {
    fmt::memory_buffer text;
    fmt::vformat_to(std::back_inserter(text), format, arguments);
    (void)std::fwrite(text.data(), 1, text.size(), to);
  } catch (const std::exception&) {
    // No memory for a line of text: the line is lost, the work goes on.
  }
}

bool nobody_reads(std::FILE* stream) noexcept {
  pollfd end{::fileno(stream), POLLOUT, 0};
  return ::poll(&end, 1, 0) == 1 && (end.revents & (POLLERR | POLLHUP)) != 0;
}

}  // namespace chunkrd::cli
