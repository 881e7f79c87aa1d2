#include "artifacts/result_reader.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "core/cut.h"
#include "core/durable.h"
#include "core/escape.h"
#include "taskapi/reader.h"

namespace chunkrd::artifacts {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

}  // namespace

taskapi::Task read_through(const std::filesystem::path& result,
                           const std::function<void(taskapi::Chunk)>& take,
                           std::function<void(std::string_view)> take_pdf) {
  const auto file = durable::open(result, O_RDONLY | O_NOFOLLOW);
  std::size_t index = 0;
  ResultScanner scanner(
      [&](std::string_view json) {
        auto chunk = taskapi::read_chunk(json);
        if (!chunk) throw BrokenResult(fmt::format("output.chunks[{}]: {}", index, chunk.error()));
        ++index;
        take(*std::move(chunk));
      },
      std::move(take_pdf));
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::system_error(errno, std::generic_category(), "read " + printable(result.native()));
    if (got == 0) break;
    look_whether_cut();
    scanner.feed({piece.data(), static_cast<std::size_t>(got)});
  }
  const std::string skeleton = scanner.finish();
  auto task = taskapi::read_task(skeleton);
  if (!task) throw BrokenResult(task.error());
  if (!scanner.has_chunks()) throw BrokenResult("output.chunks: not there, or not an array");
  return *std::move(task);
}

bool OneAfterAnother::is_new(const taskapi::Segment& segment) {
  if (!segment.segment_id.empty() && segment.segment_id == last_id_ && segment.content == last_content_ &&
      segment.markdown == last_markdown_)
    return false;
  last_id_ = segment.segment_id;
  last_content_ = segment.content;
  last_markdown_ = segment.markdown;
  return true;
}

}  // namespace chunkrd::artifacts
