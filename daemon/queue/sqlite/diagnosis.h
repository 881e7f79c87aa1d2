#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace chunkrd::queue {

/// What a database turns out to be.
enum class Condition {
  missing,  ///< not there, or empty
  whole,    ///< it can be worked with, also if it has to be brought up to date first
  damaged,
  newer,    ///< of a later program
  foreign,  ///< of another program
};
struct Diagnosis {
  Condition condition = Condition::missing;
  std::string detail;  ///< what SQLite says, or the version
};

/// Copies a database with its log to `into`, as far as the disk lets it be read: what cannot be read is zero
/// there. Returns how many bytes that is. The original is only read. Throws std::system_error.
std::uint64_t copy_readable(const std::filesystem::path& database, const std::filesystem::path& into);

/// Looks at a database that may be written to: a copy. Throws StoreError where it cannot be opened for
/// another reason than its content.
Diagnosis diagnose(const std::filesystem::path& copy);

}  // namespace chunkrd::queue
