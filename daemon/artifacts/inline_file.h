#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "core/base64.h"
#include "core/fd.h"

namespace chunkrd::artifacts {

/// A field that holds either the address of a file or, with `base64_urls`, the file itself: as bare base64 or
/// as a data URL. It comes in pieces; the file is written to `into` (created or truncated, not synced), an
/// address leaves nothing there. Throws std::system_error.
class InlineFile {
 public:
  enum class Kind {
    nothing,  ///< empty
    address,  ///< http or https
    file,     ///< it has been written
    broken,   ///< neither
  };

  explicit InlineFile(std::filesystem::path into) : into_(std::move(into)) {}

  void add(std::string_view text);
  /// The same for what stands between the quotes of a JSON string.
  void add_raw(std::string_view json);
  Kind finish();

 private:
  void begin();
  void decode(std::string_view base64);
  void flush();

  std::filesystem::path into_;
  FileDescriptor file_;
  std::string head_;  ///< until it is known what this is
  std::optional<Kind> kind_;
  std::string escape_;  ///< of JSON, not complete
  Base64Decoder decoder_;
  std::string bytes_;  ///< decoded, to be written
  bool valid_ = true;
};

}  // namespace chunkrd::artifacts
