#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inbox/identity.h"

namespace chunkrd::inbox {

/// What became of taking a document.
enum class Taken {
  taken,     ///< it lies in the spool, synced
  vanished,  ///< no file of that name any more, and not in the spool either
  changed,   ///< another file, or the same one changed: it must settle again
  refused,   ///< not a regular file
};

/// Where originals lie between inbox and archive: one file a job, named by the job's id.
///
/// On the state directory's filesystem that is <state>/spool; for an inbox elsewhere it is
/// <inbox>/.chunkrd/spool, so that taking a document is one rename(2). An inbox that keeps its originals is
/// copied instead (and the copy checked: identity before = identity after).
///
/// Blocking: call it on the file pool, never on the event loop. Throws std::system_error.
class Spool {
 public:
  enum class Take { move, copy };

  /// Makes the folder. `inbox` and `state` must exist.
  Spool(std::filesystem::path inbox, const std::filesystem::path& state, Take take);

  /// Repeatable: a document that an earlier, interrupted call has moved is `taken`. With `move`, a document
  /// on another filesystem below the inbox (a mount inside it) is copied, synced, compared, then unlinked.
  Taken take(const std::string& name, const Identity& identity, const std::string& job_id) const;

  std::filesystem::path path_of(const std::string& job_id) const;

  /// Job ids of everything that lies here, for a check at start.
  std::vector<std::string> job_ids() const;

 private:
  std::filesystem::path inbox_;
  std::filesystem::path folder_;
  Take take_;
};

}  // namespace chunkrd::inbox
