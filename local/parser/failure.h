#pragma once

#include <stdexcept>

/// Why a document was not parsed. Each is told apart by the parser's exit code, and its text, one line, a
/// sentence without the closing dot, is in `error.txt` of the output folder if that could still be written.
namespace chunkrd::local {

/// A document that cannot be parsed, for a reason its owner should read: the text becomes the task's message.
/// Parsing it again would end in the same way.
class DocumentFailure : public std::runtime_error {
 public:
  static constexpr int kExitCode = 2;
  using std::runtime_error::runtime_error;
};

/// Something that parsing needs is not installed: no document can be blamed for it, and none can be parsed
/// until somebody installs it.
class InstallationFault : public std::runtime_error {
 public:
  static constexpr int kExitCode = 69;  ///< ExitCode::unavailable
  using std::runtime_error::runtime_error;
};

/// The machine has run out of something: room on the disk, descriptors, memory, processes. The same document
/// may well be parsed later. Nobody throws it: it is a std::system_error until the process ends.
struct Shortage {
  static constexpr int kExitCode = 71;  ///< ExitCode::os_error
};

}  // namespace chunkrd::local
