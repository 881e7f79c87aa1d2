#pragma once

namespace chunkrd {

/// While it is held nobody else can open the file for writing: whoever tries waits until it ends (the kernel
/// ends it by itself after /proc/sys/fs/lease-break-time, 45 s). For moments only.
class ReadLease {
 public:
  enum class State {
    held,
    written,  ///< somebody has the file open for writing
    unknown,  ///< the filesystem has no leases, or the file is not ours
  };

  /// `fd` must be open for reading only, and outlive this.
  explicit ReadLease(int fd) noexcept;
  ReadLease(const ReadLease&) = delete;
  ReadLease& operator=(const ReadLease&) = delete;
  ~ReadLease();

  State state() const noexcept { return state_; }

 private:
  int fd_;
  State state_ = State::unknown;
};

}  // namespace chunkrd
