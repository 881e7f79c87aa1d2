#pragma once

#include <sys/mount.h>

#include <cstdlib>
#include <filesystem>

namespace chunkrd::tests {

/// A folder seen through a real FUSE filesystem (bindfs), laid over the folder itself. It answers EINVAL to
/// RENAME_NOREPLACE and tells of other names' changes late, as many do. Not there where bindfs is not
/// installed, or mounting is not allowed.
class FuseMount {
 public:
  explicit FuseMount(const std::filesystem::path& folder) : folder_(folder) {
    const auto command = "bindfs '" + folder.native() + "' '" + folder.native() + "' 2>/dev/null";
    is_there_ = std::system(command.c_str()) == 0;
  }
  FuseMount(const FuseMount&) = delete;
  FuseMount& operator=(const FuseMount&) = delete;
  ~FuseMount() {
    if (is_there_) ::umount2(folder_.c_str(), MNT_DETACH);
  }
  bool is_there() const { return is_there_; }

 private:
  std::filesystem::path folder_;
  bool is_there_;
};

}  // namespace chunkrd::tests
