#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/fd.h"
#include "core/sha256.h"
#include "http/body.h"
#include "taskapi/client.h"

namespace chunkrd::taskapi {

/// `before`, then a file's content, then `after`: the JSON of a create, made while it is sent, so that memory
/// does not follow the document's size. The content is a whole file in base64, or a part of one as it is.
///
/// Blocking: what reads it is http::ReadAhead. The file must stay as it is. One that changes its size or its
/// time while it is read, or is not the one with the digest, ends the transfer before its last byte, so that
/// the service never gets the whole of a mixture, or of another document than the one that is known here.
class DocumentBody final : public http::BodySource {
 public:
  DocumentBody(LocalFile document, std::string before, std::string after);
  DocumentBody(DataUrl document, std::string before, std::string after);

  std::uint64_t size_bytes() const;

  /// The first one opens the file, never through a link. Throws std::system_error, or std::runtime_error if
  /// it is no regular file of the size that was said, or has no such part.
  std::size_t read(std::span<char> into) override;
  void rewind() override;

 private:
  enum class Content { to_encode, as_it_is };

  /// How the file looked when it was opened.
  struct Looks {
    std::uint64_t size_bytes = 0;
    std::int64_t mtime_s = 0, mtime_ns = 0;
    bool operator==(const Looks&) const = default;
  };

  void open();
  Looks look() const;
  std::uint64_t end() const noexcept { return begin_ + length_; }
  std::uint64_t content_size() const noexcept;
  std::size_t read_part(std::span<char> into);
  std::size_t read_content(std::span<char> into);
  std::size_t encode(std::span<char> into);
  std::size_t copy_file(std::span<char> into);
  void read_file(std::span<unsigned char> into);

  void add_to_digest(std::span<const unsigned char> bytes);

  std::filesystem::path path_;
  std::uint64_t file_size_;  ///< that it must have
  Content content_;
  std::uint64_t begin_, length_;  ///< of the content in the file
  std::string before_, after_;
  FileDescriptor file_;
  Looks looks_;
  std::uint64_t at_ = 0;       ///< in the body
  std::uint64_t file_at_ = 0;  ///< in the file; for to_encode a multiple of 3, or its end
  std::array<unsigned char, 48 * 1024> piece_;
  std::string sha256_;              ///< that the file must have; empty: any
  std::optional<Sha256> digest_{};  ///< of what was read so far
};

/// The same as it is sent: read by `threads`.
std::unique_ptr<http::Body> document_body(LocalFile document, std::string before, std::string after,
                                          Executor threads);
std::unique_ptr<http::Body> document_body(DataUrl document, std::string before, std::string after,
                                          Executor threads);

}  // namespace chunkrd::taskapi
