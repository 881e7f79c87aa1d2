#pragma once

#include <functional>
#include <string>
#include <vector>

/// A disk that fails on command. The calls that change a disk (write, fsync, mkdir, rename, unlink, ...) go
/// through this test program's own versions of them, which count.
namespace chunkrd::test {

enum class Fault {
  none,  ///< only counts
  die,   ///< SIGKILL instead of the call
  fail,  ///< the call fails once with `error`
};

/// Whether renameat2(2) can refuse to replace. NFS and many FUSE filesystems cannot.
enum class Rename { may_refuse, always_replaces };
void set_rename(Rename rename);

/// Which names the disk takes: any, or only those that Windows does (EINVAL; a share says ENOENT). Then it
/// has no modes either (ENOSYS).
enum class Names { any, of_windows, of_a_share };
void set_names(Names names);

/// The process's disk from here on. Calls of other threads count too.
void break_disk(Fault fault, int at_call, int error = 0);

/// From here on `act` is done once, just before the call `at_call`: what somebody else does meanwhile.
void meanwhile(int at_call, std::function<void()> act);

/// Ends the above; the number of calls since. Also what was called, "fsync /a/b", "rename /a /b".
struct Calls {
  int count = 0;
  std::vector<std::string> log;
};
Calls mend_disk();

/// From one pair of calls to die at to the next that is tried. All of them are in ordinary builds; to start a
/// process under a sanitizer takes a hundred times as long, and is there to see other faults.
#ifdef CHUNKRD_SANITIZED
inline constexpr int kNextCall = 5;
#else
inline constexpr int kNextCall = 1;
#endif

}  // namespace chunkrd::test
