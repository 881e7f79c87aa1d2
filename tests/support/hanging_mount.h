#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <string>
#include <thread>

namespace chunkrd::tests {

/// `source` seen at `folder` through a real FUSE filesystem (bindfs) that can be made not to answer, as a
/// file server that is gone. Not there where bindfs is not installed, or mounting is not allowed. While it
/// hangs nobody may look at `folder`.
class HangingMount {
 public:
  HangingMount(const std::filesystem::path& source, std::filesystem::path folder)
      : folder_(std::move(folder)) {
    const dev_t before = device();
    // Nothing is answered from the kernel's memory.
    std::string options = "entry_timeout=0,attr_timeout=0,negative_timeout=0", from = source, at = folder_;
    std::string program = "bindfs", foreground = "-f", option = "-o";
    std::array<char*, 7> arguments{program.data(), foreground.data(), option.data(), options.data(),
                                   from.data(),    at.data(),         nullptr};
    if (::posix_spawnp(&pid_, program.c_str(), nullptr, nullptr, arguments.data(), environ) != 0) {
      pid_ = -1;
      return;
    }
    for (int i = 0; i < 500 && !is_there_ && ::waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
      is_there_ = device() != before;
      if (!is_there_) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  HangingMount(const HangingMount&) = delete;
  HangingMount& operator=(const HangingMount&) = delete;
  ~HangingMount() {
    if (!is_there_) return;
    ::umount2(folder_.c_str(), MNT_DETACH);
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  bool is_there() const { return is_there_; }
  void hang() const { ::kill(pid_, SIGSTOP); }
  void go_on() const { ::kill(pid_, SIGCONT); }

 private:
  dev_t device() const {
    struct stat status{};
    return ::stat(folder_.c_str(), &status) == 0 ? status.st_dev : 0;
  }

  std::filesystem::path folder_;
  pid_t pid_ = -1;
  bool is_there_ = false;
};

}  // namespace chunkrd::tests
