#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/fd.h"

namespace chunkrd::artifacts {

/// A new file (one that exists is overwritten) that is written in pieces, so that neither memory nor the
/// number of calls follows its size. Throws std::system_error.
class BufferedFile {
 public:
  explicit BufferedFile(const std::filesystem::path& path);

  void write(std::string_view bytes);

  /// All is written and synced.
  void finish();

 private:
  void flush();

  std::filesystem::path path_;
  FileDescriptor file_;
  std::string pending_;
};

}  // namespace chunkrd::artifacts
