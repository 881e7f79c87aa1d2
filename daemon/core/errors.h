#pragma once

#include <exception>
#include <stdexcept>
#include <string>
#include <system_error>

namespace chunkrd {

/// How the programs end. Listed in --help and the README; the numbers of sysexits.h where one fits.
enum class ExitCode : int {
  ok = 0,
  some_failed = 1,     ///< the command ran, but not everything it was asked for succeeded
  usage = 64,          ///< the command line cannot be understood
  wrong_queue = 65,    ///< of another version, or another program's; systemd does not restart on it
  no_input = 66,       ///< a file or folder that was named does not exist or cannot be read
  unavailable = 69,    ///< something needed is not there: address in use, service not reachable
  software = 70,       ///< a mistake of ours
  os_error = 71,       ///< the system refused something: no memory, no descriptors
  io_error = 74,       ///< reading or writing failed: disk full, queue damaged
  already_runs = 75,   ///< another chunkrd uses this state directory
  no_permission = 77,  ///< a folder or file may not be read or written
  bad_config = 78,     ///< the configuration is wrong; systemd does not restart on it
  interrupted = 130,   ///< by Ctrl-C or SIGTERM, with work left: as the shell says it
};

/// An error that a person has to mend. The text says what happened, to what, and what to do.
class UserError : public std::runtime_error {
 public:
  UserError(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

/// Does `error` speak of this machine (no descriptors, no memory, a disk that is full or fails, a file server
/// that does not answer) and not of the one file? Then it is never a document's fault, and worth another try
/// later. Only what the file itself or its name can be blamed for is no shortage: an error that nobody
/// thought of must not cost a document.
bool is_shortage(const std::error_code& error) noexcept;

/// What was thrown as an error number: a std::system_error's, that of no memory for std::bad_alloc; no error
/// for all else.
std::error_code code_of(const std::exception& error) noexcept;

inline bool is_shortage(const std::exception& error) noexcept {
  return is_shortage(code_of(error));
}

/// Does it end when there is space again (or the disk may be written again)?
bool is_full_disk(const std::error_code& error) noexcept;

}  // namespace chunkrd
