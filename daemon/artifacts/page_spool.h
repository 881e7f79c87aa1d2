#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.h"

namespace chunkrd::artifacts {

/// Text that comes in any order of pages and is wanted page by page: kept in a temporary file that has no
/// name. In memory is only where what lies: a few bytes for each time that the page changes.
/// Throws std::system_error.
class PageSpool {
 public:
  /// In the folder `folder`.
  explicit PageSpool(const std::filesystem::path& folder);

  void add(int page, std::string_view text);

  /// Hands out the text of `page` in the order in which it came.
  void read(int page, const std::function<void(std::string_view)>& take);

 private:
  struct Run {
    std::uint64_t offset = 0, bytes = 0;
  };

  void flush();

  std::filesystem::path folder_;
  FileDescriptor file_;
  std::map<int, std::vector<Run>> runs_;
  std::string pending_;
  std::uint64_t end_ = 0;  ///< of what was added
};

}  // namespace chunkrd::artifacts
