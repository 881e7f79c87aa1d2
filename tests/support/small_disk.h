#pragma once

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace chunkrd::tests {

/// A disk of one MiB at `folder`, which can be full, or read-only. Seen by this process and those that it
/// starts from now on, by nobody else. Not there where mounting is not allowed.
class SmallDisk {
 public:
  explicit SmallDisk(std::filesystem::path folder)
      : folder_(std::move(folder)),
        is_there_(has_own_mounts() && ::mount("none", folder_.c_str(), "tmpfs", 0, kSize) == 0) {}
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  ~SmallDisk() {
    if (is_there_) ::umount2(folder_.c_str(), MNT_DETACH);
  }

  bool is_there() const { return is_there_; }

  /// To the last byte.
  void fill() const {
    std::ofstream filler(folder_ / kFiller, std::ios::app);
    while (filler << std::string(4096, 'x') << std::flush) continue;
  }
  void free() const { std::filesystem::remove(folder_ / kFiller); }

  bool make_read_only() const { return remount(MS_RDONLY); }
  bool make_writable() const { return remount(0); }

 private:
  static constexpr const char* kSize = "size=1m,mode=755";
  static constexpr const char* kFiller = ".filler";

  static void say(const char* file, const std::string& text) { std::ofstream(file) << text << std::flush; }

  // Whoever is not root may be it in a world of his own.
  static bool has_own_mounts() {
    static const bool has = [] {
      const auto user = ::geteuid(), group = ::getegid();
      if (::unshare(CLONE_NEWNS) != 0) {
        if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
        say("/proc/self/setgroups", "deny");
        say("/proc/self/uid_map", fmt::format("0 {} 1", user));
        say("/proc/self/gid_map", fmt::format("0 {} 1", group));
      }
      return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
    }();
    return has;
  }

  bool remount(unsigned long flags) const {
    return ::mount("none", folder_.c_str(), "tmpfs", MS_REMOUNT | flags, kSize) == 0;
  }

  std::filesystem::path folder_;
  bool is_there_;
};

}  // namespace chunkrd::tests
