#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
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
/// The file must stay as it is. One that changes its size or its time while it is read, or is not the one
/// with the digest, ends the transfer before its last byte, so that the service never gets the whole of a
/// mixture, or of another document than the one that is known here.
class DocumentBody final : public http::BodySource {
 public:
  /// Opens the file, never through a link. Throws std::system_error, or std::runtime_error if it is no
  /// regular file of `size_bytes`, or has no such part.
  DocumentBody(LocalFile document, std::string before, std::string after);
  DocumentBody(DataUrl document, std::string before, std::string after);

  std::uint64_t size_bytes() const override;
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

  DocumentBody(std::filesystem::path path, std::uint64_t size_bytes, Content content, std::string before,
               std::string after);

  Looks look() const;
  std::uint64_t content_size() const noexcept;
  std::size_t read_part(std::span<char> into);
  std::size_t read_content(std::span<char> into);
  std::size_t encode(std::span<char> into);
  std::size_t copy_file(std::span<char> into);
  void read_file(std::span<unsigned char> into);

  void add_to_digest(std::span<const unsigned char> bytes);

  std::filesystem::path path_;
  FileDescriptor file_;
  Looks looks_;
  Content content_;
  std::uint64_t begin_ = 0, end_;  ///< of the content in the file
  std::string before_, after_;
  std::uint64_t at_ = 0;       ///< in the body
  std::uint64_t file_at_ = 0;  ///< in the file; for to_encode a multiple of 3, or its end
  std::array<unsigned char, 48 * 1024> piece_;
  std::string sha256_;              ///< that the file must have; empty: any
  std::optional<Sha256> digest_{};  ///< of what was read so far
};

}  // namespace chunkrd::taskapi
