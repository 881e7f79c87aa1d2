#pragma once

namespace chunkrd::inbox {

/// Whether inotify tells of every change in a folder on the filesystem that `fd` lies on. Not so where
/// another machine, or a program in user space (FUSE), can change it behind the kernel's back.
/// Blocking. Says no when the filesystem does not answer.
bool tells_of_changes(int fd) noexcept;

/// The same by the number that statfs(2) gives for the filesystem's type.
bool tells_of_changes_by_type(unsigned long type) noexcept;

}  // namespace chunkrd::inbox
