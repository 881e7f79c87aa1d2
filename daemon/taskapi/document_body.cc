#include "taskapi/document_body.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "http/read_ahead.h"

namespace chunkrd::taskapi {
namespace {

/// As much of `text`, beginning at `at`, as fits.
std::size_t copy(const std::string& text, std::uint64_t at, std::span<char> into) {
  return text.copy(into.data(), into.size(), static_cast<std::size_t>(at));
}

}  // namespace

DocumentBody::DocumentBody(LocalFile document, std::string before, std::string after)
    : path_(std::move(document.path)),
      file_size_(document.size_bytes),
      content_(Content::to_encode),
      begin_(0),
      length_(document.size_bytes),
      before_(std::move(before)),
      after_(std::move(after)),
      sha256_(std::move(document.sha256)) {
  rewind();
}

DocumentBody::DocumentBody(DataUrl document, std::string before, std::string after)
    : path_(std::move(document.path)),
      file_size_(document.size_bytes),
      content_(Content::as_it_is),
      begin_(document.begin),
      length_(document.length),
      before_(std::move(before)),
      after_(std::move(after)) {
  rewind();
}

void DocumentBody::open() {
  file_ = durable::open(path_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);  // a FIFO must not hang us
  looks_ = look();
  if (looks_.size_bytes != file_size_)
    throw std::runtime_error(printable(path_.native()) + " has " + std::to_string(looks_.size_bytes) +
                             " bytes, not " + std::to_string(file_size_) + ": it has changed");
  if (begin_ > file_size_ || length_ > file_size_ - begin_)
    throw std::runtime_error(printable(path_.native()) + " ends before the data URL in it does");
}

DocumentBody::Looks DocumentBody::look() const {
  struct stat now{};
  if (::fstat(file_.get(), &now) != 0)
    throw std::system_error(errno, std::generic_category(), printable(path_.native()));
  if (!S_ISREG(now.st_mode)) throw std::runtime_error(printable(path_.native()) + " is not a regular file");
  return {static_cast<std::uint64_t>(now.st_size), now.st_mtim.tv_sec, now.st_mtim.tv_nsec};
}

std::uint64_t DocumentBody::content_size() const noexcept {
  return content_ == Content::to_encode ? (length_ + 2) / 3 * 4 : length_;
}

std::uint64_t DocumentBody::size_bytes() const {
  return before_.size() + content_size() + after_.size();
}

void DocumentBody::rewind() {
  at_ = 0;
  file_at_ = begin_;
  digest_.reset();
  if (!sha256_.empty()) digest_.emplace();
}

std::size_t DocumentBody::read(std::span<char> into) {
  if (!file_) open();
  std::size_t done = 0;
  while (const std::size_t count = read_part(into.subspan(done))) {
    at_ += count;
    done += count;
  }
  return done;
}

std::size_t DocumentBody::read_part(std::span<char> into) {
  const std::uint64_t content_end = before_.size() + content_size();
  if (at_ < before_.size()) return copy(before_, at_, into);
  if (at_ < content_end) return read_content(into);
  return copy(after_, at_ - content_end, into);
}

std::size_t DocumentBody::read_content(std::span<char> into) {
  const std::size_t done = content_ == Content::to_encode ? encode(into) : copy_file(into);
  if (look() != looks_) throw std::runtime_error(printable(path_.native()) + " changed while it was sent");
  return done;
}

std::size_t DocumentBody::encode(std::span<char> into) {
  std::size_t done = 0;
  // EVP_EncodeBlock writes a NUL after its output: one byte of `into` always stays free for it.
  while (file_at_ < end() && into.size() - done > 4) {
    const std::size_t room = (into.size() - done - 1) / 4 * 3;
    const std::size_t count =
        static_cast<std::size_t>(std::min<std::uint64_t>({room, piece_.size(), end() - file_at_}));
    read_file(std::span(piece_).first(count));
    file_at_ += count;
    add_to_digest(std::span(piece_).first(count));
    done += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into.data() + done),
                                                     piece_.data(), static_cast<int>(count)));
  }
  return done;
}

// Size and time do not tell everything: what is sent must be what was hashed.
void DocumentBody::add_to_digest(std::span<const unsigned char> bytes) {
  if (!digest_) return;
  digest_->add({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
  if (file_at_ == end() && digest_->finish() != sha256_)
    throw std::runtime_error(printable(path_.native()) + " has changed: it has another digest");
}

std::size_t DocumentBody::copy_file(std::span<char> into) {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), end() - file_at_));
  read_file({reinterpret_cast<unsigned char*>(into.data()), count});
  file_at_ += count;
  return count;
}

void DocumentBody::read_file(std::span<unsigned char> into) {
  for (std::size_t done = 0; done < into.size();) {
    const ssize_t count =
        ::pread(file_.get(), into.data() + done, into.size() - done, static_cast<off_t>(file_at_ + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) throw std::system_error(errno, std::generic_category(), printable(path_.native()));
    if (count == 0) throw std::runtime_error(printable(path_.native()) + " changed while it was sent");
    done += static_cast<std::size_t>(count);
  }
}

namespace {

template <class OnDisk>
std::unique_ptr<http::Body> read_ahead(OnDisk document, std::string before, std::string after,
                                       Executor threads) {
  std::string name = printable(document.path.native());
  auto source = std::make_unique<DocumentBody>(std::move(document), std::move(before), std::move(after));
  const std::uint64_t size_bytes = source->size_bytes();
  return std::make_unique<http::ReadAhead>(std::move(source), size_bytes, std::move(name),
                                           std::move(threads));
}

}  // namespace

std::unique_ptr<http::Body> document_body(LocalFile document, std::string before, std::string after,
                                          Executor threads) {
  return read_ahead(std::move(document), std::move(before), std::move(after), std::move(threads));
}

std::unique_ptr<http::Body> document_body(DataUrl document, std::string before, std::string after,
                                          Executor threads) {
  return read_ahead(std::move(document), std::move(before), std::move(after), std::move(threads));
}

}  // namespace chunkrd::taskapi
