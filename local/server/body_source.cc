#include "local/server/body_source.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/base64.h"
#include "core/fd.h"

namespace chunkrd::local::server {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{48} << 10;  // a multiple of 3, so that base64 joins up

/// Reads until `size` bytes are there or the file ends.
std::string read_block(int fd, std::uint64_t offset, std::size_t size) {
  std::string block(size, '\0');
  std::size_t got = 0;
  while (got < size) {
    const ssize_t n = ::pread(fd, block.data() + got, size - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw std::system_error(errno, std::generic_category(), "read a stored file");
    if (n == 0) break;
    got += static_cast<std::size_t>(n);
  }
  block.resize(got);
  return block;
}

class Text final : public BodySource {
 public:
  explicit Text(std::string text) : text_(std::move(text)) {}
  bool next(std::string& piece) override {
    piece = std::exchange(text_, {});
    return !piece.empty();
  }
  std::optional<std::uint64_t> size_bytes() const override { return text_.size(); }

 private:
  std::string text_;
};

class File final : public BodySource {
 public:
  File(FileDescriptor file, std::uint64_t offset, std::uint64_t size)
      : file_(std::move(file)), offset_(offset), left_(size) {}

  bool next(std::string& piece) override {
    piece = read_block(file_.get(), offset_, std::min<std::uint64_t>(left_, kBlockBytes));
    offset_ += piece.size();
    left_ -= piece.size();
    return !piece.empty();
  }
  std::optional<std::uint64_t> size_bytes() const override { return left_; }

 private:
  FileDescriptor file_;
  std::uint64_t offset_;
  std::uint64_t left_;
};

class Base64 final : public BodySource {
 public:
  explicit Base64(std::unique_ptr<BodySource> file) : file_(std::move(file)) {}

  bool next(std::string& piece) override {
    piece.clear();
    if (file_->next(bytes_)) append_base64(bytes_, piece);
    return !piece.empty();
  }

 private:
  std::unique_ptr<BodySource> file_;
  std::string bytes_;
};

class Joined final : public BodySource {
 public:
  explicit Joined(std::vector<std::unique_ptr<BodySource>> parts) : parts_(std::move(parts)) {}

  bool next(std::string& piece) override {
    for (; at_ < parts_.size(); ++at_) {
      if (parts_[at_]->next(piece)) return true;
      parts_[at_].reset();
    }
    piece.clear();
    return false;
  }

 private:
  std::vector<std::unique_ptr<BodySource>> parts_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<BodySource> text_source(std::string text) {
  return std::make_unique<Text>(std::move(text));
}

std::unique_ptr<BodySource> file_source(StoredFile file) {
  return std::make_unique<File>(std::move(file.file), 0, file.size_bytes);
}

std::unique_ptr<BodySource> file_source(StoredFile file, std::uint64_t offset, std::uint64_t size_bytes) {
  return std::make_unique<File>(std::move(file.file), offset, size_bytes);
}

std::unique_ptr<BodySource> base64_source(StoredFile file) {
  return std::make_unique<Base64>(file_source(std::move(file)));
}

std::unique_ptr<BodySource> joined_source(std::vector<std::unique_ptr<BodySource>> parts) {
  return std::make_unique<Joined>(std::move(parts));
}

}  // namespace chunkrd::local::server
