#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd {

/// How a child process ended and what it said.
struct ChildResult {
  enum class End {
    exited,     ///< by itself; see exit_code
    signalled,  ///< a crash, or a limit of the system
    timed_out,  ///< killed by us: not done in time
    too_long,   ///< killed by us: more standard output than allowed
  };
  End end = End::exited;
  int exit_code = 0;   ///< or the signal's number
  std::string output;  ///< standard output
  std::string errors;  ///< standard error, its first 64 KiB

  bool ok() const noexcept { return end == End::exited && exit_code == 0; }
};

/// What a child may use up before it is killed. Limits of the system (memory, processor time) are inherited,
/// and can be made narrower.
struct ChildLimits {
  std::chrono::milliseconds time{std::chrono::minutes{2}};
  std::size_t output_bytes = std::size_t{256} << 20;
  std::size_t memory_bytes = 0;  ///< of address space; 0: as inherited
  std::chrono::seconds cpu{0};   ///< processor time; 0: as inherited

  enum class TooLong { kill, cut };
  TooLong too_long = TooLong::kill;  ///< what becomes of a child that says more than output_bytes
};

/// What a child finds around it.
struct ChildSurroundings {
  std::string input;                                    ///< its standard input
  std::optional<std::vector<std::string>> environment;  ///< "NAME=value"; absent: ours
  /// `ours`: whoever kills our process group kills it, too. `own`: it is killed together with all that it
  /// starts in its group, by SIGTERM and a second later SIGKILL where its time is over; what it leaves
  /// running there when it ends is killed as well. It runs in the root folder.
  enum class Group { ours, own };
  Group group = Group::ours;
};

/// Runs `command` (a program found through PATH, and its arguments; no shell) and waits for its end. It gets
/// no descriptor of ours, and signals as they are by default.
///
/// Blocking. Throws std::system_error if the program cannot be started, CutShort (the child is gone then).
ChildResult run_child(const std::vector<std::string>& command, const ChildLimits& limits = {},
                      const ChildSurroundings& surroundings = {});

}  // namespace chunkrd
