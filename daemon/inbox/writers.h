#pragma once

#include <string>

namespace chunkrd::inbox {

/// Whether somebody has a file open for writing, as far as the system says.
enum class Writers {
  none,
  some,
  unknown,  ///< not said of files of other users, nor by NFS, FUSE and the like
};

/// Asks by a lease (fcntl(2), F_SETLEASE) that is given back at once: a writer who comes in that very moment
/// waits for some microseconds. `file`: open for reading only. Blocking; costs three system calls.
Writers writers_of(int file) noexcept;

/// The same for the regular file `base` of the opened `folder`; `unknown` where it is none, or may not be
/// read. No FIFO is waited for and no device is triggered.
Writers writers_of(int folder, const std::string& base) noexcept;

}  // namespace chunkrd::inbox
