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

namespace chunkrd::taskapi {
namespace {

/// As much of `text`, beginning at `at`, as fits.
std::size_t copy(const std::string& text, std::uint64_t at, std::span<char> into) {
  return text.copy(into.data(), into.size(), static_cast<std::size_t>(at));
}

}  // namespace

DocumentBody::DocumentBody(std::filesystem::path document, std::uint64_t size_bytes, std::string before,
                           std::string after)
    : path_(std::move(document)),
      file_(durable::open(path_, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)),  // a FIFO must not hang us
      looks_(look()),
      before_(std::move(before)),
      after_(std::move(after)) {
  if (looks_.size_bytes != size_bytes)
    throw std::runtime_error(printable(path_.native()) + " has " + std::to_string(looks_.size_bytes) +
                             " bytes, not " + std::to_string(size_bytes) + ": it has changed");
}

DocumentBody::Looks DocumentBody::look() const {
  struct stat now{};
  if (::fstat(file_.get(), &now) != 0)
    throw std::system_error(errno, std::generic_category(), printable(path_.native()));
  if (!S_ISREG(now.st_mode)) throw std::runtime_error(printable(path_.native()) + " is not a regular file");
  return {static_cast<std::uint64_t>(now.st_size), now.st_mtim.tv_sec, now.st_mtim.tv_nsec};
}

std::uint64_t DocumentBody::size_bytes() const {
  return before_.size() + encoded_size() + after_.size();
}

void DocumentBody::rewind() {
  at_ = 0;
  file_at_ = 0;
}

std::size_t DocumentBody::read(std::span<char> into) {
  std::size_t done = 0;
  while (const std::size_t count = read_part(into.subspan(done))) {
    at_ += count;
    done += count;
  }
  return done;
}

std::size_t DocumentBody::read_part(std::span<char> into) {
  const std::uint64_t encoded_end = before_.size() + encoded_size();
  if (at_ < before_.size()) return copy(before_, at_, into);
  if (at_ < encoded_end) return read_encoded(into);
  return copy(after_, at_ - encoded_end, into);
}

std::size_t DocumentBody::read_encoded(std::span<char> into) {
  std::size_t done = 0;
  // EVP_EncodeBlock writes a NUL after its output: one byte of `into` always stays free for it.
  while (file_at_ < looks_.size_bytes && into.size() - done > 4) {
    const std::size_t room = (into.size() - done - 1) / 4 * 3;
    const std::size_t count = static_cast<std::size_t>(
        std::min<std::uint64_t>({room, piece_.size(), looks_.size_bytes - file_at_}));
    read_file(std::span(piece_).first(count));
    file_at_ += count;
    done += static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(into.data() + done),
                                                     piece_.data(), static_cast<int>(count)));
  }
  if (look() != looks_) throw std::runtime_error(printable(path_.native()) + " changed while it was sent");
  return done;
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

}  // namespace chunkrd::taskapi
