#include "artifacts/artifacts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <functional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "artifacts/result_scanner.h"
#include "core/durable.h"
#include "core/escape.h"
#include "taskapi/reader.h"

namespace chunkrd::artifacts {
namespace {

namespace fs = std::filesystem;
using taskapi::Chunk;
using taskapi::Segment;
using taskapi::Task;

constexpr std::size_t kPieceBytes = 256 * 1024;

// Reads the result through; every chunk goes to `take`, in order. Throws BrokenResult.
Task read_through(const fs::path& result, const std::function<void(Chunk)>& take) {
  const auto file = durable::open(result, O_RDONLY | O_NOFOLLOW);
  std::size_t index = 0;
  ResultScanner scanner([&](std::string_view json) {
    auto chunk = taskapi::read_chunk(json);
    if (!chunk) throw BrokenResult(fmt::format("output.chunks[{}]: {}", index, chunk.error()));
    ++index;
    take(*std::move(chunk));
  });
  std::vector<char> piece(kPieceBytes);
  while (true) {
    const ssize_t got = ::read(file.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::system_error(errno, std::generic_category(), "read " + printable(result.native()));
    if (got == 0) break;
    scanner.feed({piece.data(), static_cast<std::size_t>(got)});
  }
  const std::string skeleton = scanner.finish();
  auto task = taskapi::read_task(skeleton);
  if (!task) throw BrokenResult(task.error());
  if (!scanner.has_chunks()) throw BrokenResult("output.chunks: not there, or not an array");
  return *std::move(task);
}

// Writes a file in pieces, so that neither memory nor the number of calls follows its size.
class BufferedFile {
 public:
  explicit BufferedFile(const fs::path& path)
      : path_(path), file_(durable::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)) {}

  void write(std::string_view bytes) {
    pending_ += bytes;
    if (pending_.size() >= kPieceBytes) flush();
  }

  void finish() {
    flush();
    durable::sync_file(file_.get(), path_);
  }

 private:
  void flush() {
    durable::write_all(file_.get(), pending_, path_);
    pending_.clear();
  }

  const fs::path& path_;
  FileDescriptor file_;
  std::string pending_;
};

// A segment's text without empty lines around it; indentation of its first line stays.
std::string_view block_of(const Segment& segment) {
  std::string_view text = segment.markdown;
  const auto is_blank = [](std::string_view line) { return line.find_first_not_of(" \t\r\n") == line.npos; };
  if (is_blank(text)) text = segment.content;
  if (is_blank(text)) return {};
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == text.npos || !is_blank(text.substr(0, end))) break;
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find_last_not_of(" \t\r\n") + 1);
}

// Segments in, Markdown out.
class MarkdownWriter {
 public:
  explicit MarkdownWriter(const fs::path& to) : file_(to) {}

  void add(const Segment& segment) {
    const std::string_view block = block_of(segment);
    if (block.empty()) return;
    // Chunking may put a segment (a caption, say) at the end of one chunk and at the begin of the next.
    if (!segment.segment_id.empty() && segment.segment_id == last_id_ && block == last_block_) return;
    last_id_ = segment.segment_id;
    last_block_ = block;
    if (std::exchange(begun_, true)) file_.write("\n");
    file_.write(block);
    file_.write("\n");
  }

  void finish() { file_.finish(); }

 private:
  BufferedFile file_;
  std::string last_id_, last_block_;
  bool begun_ = false;
};

}  // namespace

std::variant<Summary, Broken> inspect(const fs::path& result) {
  Summary summary;
  try {
    summary.task = read_through(result, [&](const Chunk& chunk) {
      ++summary.chunks;
      summary.segments += chunk.segments.size();
    });
  } catch (const BrokenResult& broken) {
    return Broken{broken.what()};
  }
  return summary;
}

void write_markdown(const fs::path& result, const fs::path& to) {
  MarkdownWriter markdown(to);
  read_through(result, [&](const Chunk& chunk) {
    for (const Segment& segment : chunk.segments) markdown.add(segment);
  });
  markdown.finish();
}

}  // namespace chunkrd::artifacts
