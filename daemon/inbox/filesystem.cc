#include "inbox/filesystem.h"

#include <sys/vfs.h>

#include <algorithm>
#include <array>

namespace chunkrd::inbox {
namespace {

// statfs(2) and linux/magic.h; not all of them are in the headers of every release.
constexpr std::array<unsigned long, 18> kShared = {
    0x6969,      // NFS
    0x517B,      // SMB
    0xFE534D42,  // SMB2
    0xFF534D42,  // CIFS
    0x564C,      // NCP
    0x01021997,  // 9P: virtual machines
    0x65735546,  // FUSE: sshfs, rclone, s3fs, GlusterFS, ...
    0x00C36400,  // Ceph
    0x5346414F,  // AFS
    0x6B414653,  // kAFS
    0x73757245,  // Coda
    0x47504653,  // GPFS
    0x0BD00BD0,  // Lustre
    0x7461636F,  // OCFS2
    0x01161970,  // GFS2
    0x20030528,  // OrangeFS
    0x786F4256,  // VirtualBox shared folders
    0xBACBACBC,  // VMware shared folders
};

}  // namespace

bool tells_of_changes(int fd) noexcept {
  struct statfs filesystem{};
  if (::fstatfs(fd, &filesystem) != 0) return false;
  return tells_of_changes_by_type(static_cast<unsigned long>(filesystem.f_type));
}

bool tells_of_changes_by_type(unsigned long type) noexcept {
  return std::ranges::find(kShared, type & 0xFFFFFFFF) == kShared.end();
}

}  // namespace chunkrd::inbox
