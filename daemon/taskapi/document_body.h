#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "core/fd.h"
#include "http/body.h"

namespace chunkrd::taskapi {

/// `before`, then a file's content in base64, then `after`: the JSON of a create, made while it is sent, so
/// that memory does not follow the document's size.
///
/// The file must stay as it is. One that changes its size or its time while it is read ends the transfer
/// before its last byte, so that the service never gets the whole of a mixture.
class DocumentBody final : public http::BodySource {
 public:
  /// Opens `document`, never through a link. Throws std::system_error, or std::runtime_error if it is no
  /// regular file of `size_bytes`.
  DocumentBody(std::filesystem::path document, std::uint64_t size_bytes, std::string before,
               std::string after);

  std::uint64_t size_bytes() const override;
  std::size_t read(std::span<char> into) override;
  void rewind() override;

 private:
  /// How the file looked when it was opened.
  struct Looks {
    std::uint64_t size_bytes = 0;
    std::int64_t mtime_s = 0, mtime_ns = 0;
    bool operator==(const Looks&) const = default;
  };

  Looks look() const;
  std::uint64_t encoded_size() const noexcept { return (looks_.size_bytes + 2) / 3 * 4; }
  std::size_t read_part(std::span<char> into);
  std::size_t read_encoded(std::span<char> into);
  void read_file(std::span<unsigned char> into);

  std::filesystem::path path_;
  FileDescriptor file_;
  Looks looks_;
  std::string before_, after_;
  std::uint64_t at_ = 0;       ///< in the body
  std::uint64_t file_at_ = 0;  ///< in the file; a multiple of 3, or its end
  std::array<unsigned char, 48 * 1024> piece_;
};

}  // namespace chunkrd::taskapi
