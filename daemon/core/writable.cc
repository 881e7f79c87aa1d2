#include "core/writable.h"

#include <fcntl.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

#include "core/fd.h"

namespace chunkrd {
namespace {

// More than what a small result and its notes need; less than what the smallest disks have.
using Sample = std::array<char, 32'768>;

// What no file system makes smaller.
Sample sample() {
  Sample bytes{};
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1'664'525 + 1'013'904'223;
    byte = static_cast<char>(state >> 24);
  }
  return bytes;
}

std::error_code last_error() {
  return {errno, std::generic_category()};
}

FileDescriptor open_folder(const std::filesystem::path& folder) {
  return FileDescriptor(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

// A file that is gone when this is.
class Probe {
 public:
  explicit Probe(int folder)
      : folder_(folder), file_(::openat(folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0600)) {
    // Not everywhere (NFS, FUSE, vfat).
    if (!file_ && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL || errno == ENOENT))
      make_named();
  }
  // In this order: what is removed while it is open is there for a while on NFS and FUSE, under another name.
  ~Probe() {
    (void)file_.close();
    if (name_ != nullptr) ::unlinkat(folder_, name_, 0);
  }
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;

  const FileDescriptor& file() const { return file_; }

 private:
  // In our own folder, where there is one.
  void make_named() {
    for (const char* name : {".chunkrd/probe", ".chunkrd-probe"}) {
      file_ = FileDescriptor(
          ::openat(folder_, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
      if (file_) name_ = name;
      if (file_ || (errno != ENOENT && errno != ENOTDIR)) return;
    }
  }

  const int folder_;
  FileDescriptor file_;
  const char* name_ = nullptr;
};

}  // namespace

std::error_code why_not_writable(const std::filesystem::path& folder) noexcept {
  FileDescriptor there = open_folder(folder);
  if (!there && errno == ENOENT) there = open_folder(folder.parent_path());
  if (!there) return errno == ENOENT || errno == ENOTDIR ? std::error_code() : last_error();
  const Probe probe(there.get());
  const FileDescriptor& file = probe.file();
  if (!file) return last_error();
  const Sample bytes = sample();
  for (std::size_t written = 0; written < bytes.size();) {
    const ssize_t some = ::write(file.get(), bytes.data() + written, bytes.size() - written);
    if (some < 0 && errno == EINTR) continue;
    if (some <= 0) return some == 0 ? std::make_error_code(std::errc::no_space_on_device) : last_error();
    written += static_cast<std::size_t>(some);
  }
  // Some tell of a quota no earlier (NFS).
  return ::fsync(file.get()) == 0 ? std::error_code() : last_error();
}

std::error_code why_read_only(const std::filesystem::path& folder) noexcept {
  struct statvfs about{};
  if (::statvfs(folder.c_str(), &about) != 0)
    return errno == ENOENT || errno == ENOTDIR ? std::error_code() : last_error();
  if ((about.f_flag & ST_RDONLY) != 0) return std::make_error_code(std::errc::read_only_file_system);
  return {};
}

}  // namespace chunkrd
