#include "artifacts/buffered_file.h"

#include <fcntl.h>

#include "core/durable.h"

namespace chunkrd::artifacts {
namespace {

constexpr std::size_t kPieceBytes = 256 * 1024;

}  // namespace

BufferedFile::BufferedFile(const std::filesystem::path& path)
    : path_(path), file_(durable::open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)) {}

void BufferedFile::write(std::string_view bytes) {
  pending_ += bytes;
  if (pending_.size() >= kPieceBytes) flush();
}

void BufferedFile::finish() {
  flush();
  durable::sync_file(file_.get(), path_);
}

void BufferedFile::flush() {
  durable::write_all(file_.get(), pending_, path_);
  pending_.clear();
}

}  // namespace chunkrd::artifacts
