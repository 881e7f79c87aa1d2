#pragma once

#include <optional>
#include <string>

#include "core/sha256.h"
#include "outbox/folder.h"
#include "pipeline/lifecycle.h"
#include "pipeline/place.h"
#include "queue/job.h"

/// A document's original in the spool. It is the same file that was in the inbox: whoever had it open there
/// may still write to it. So before it is sent, and again before it is put away, it is seen to be what its
/// row says. `home` is always the document's own: home_of(). All of this blocks: file pool. Throws FolderGone
/// and std::system_error.
namespace chunkrd::pipeline::original {

/// The original's digest as it was just read; empty when it has more than `bytes_max` bytes.
struct Reading {
  FileDigest digest;
  std::string identity;  ///< Job::spooled
  bool changed = false;  ///< while it was read: the digest is of no use
};
Reading read(const Place& home, const queue::Job& job, std::uint64_t bytes_max);

enum class Standing { as_known, changed, missing };
enum class Look {
  brief,    ///< at what the file system says of it, as far as that goes
  thorough  ///< also at all of its bytes, where what the file system says does not tell
};
/// Is it what the row says?
Standing look(const Place& home, const queue::Job& job, Look how);

/// Puts it back into the inbox, with its sidecar, under its name, or another one where that is taken. A copy
/// is dropped: its original is there.
lifecycle::Returned give_back(const Place& home, const queue::Job& job, const std::string& why);
/// Has an interrupted call done so?
std::optional<lifecycle::Returned> given_back(const Place& home, const queue::Job& job);

/// Where its original was put away; that it was changed and went back; or that where it is to be put has to
/// be settled first.
using PutAway = std::variant<lifecycle::Stored, lifecycle::Returned, lifecycle::Destined>;

/// Where the original of a delivered document is to be put by these rules: Job::bound_for.
std::string bound_for(const config::Inbox& rules);

/// Puts the original of a delivered document away. Repeatable, also when the configuration has changed in
/// between. Throws std::runtime_error while somebody writes to it, and outbox::OriginalMissing when it is
/// neither in the spool nor where it was to be put.
PutAway put_away(const Place& home, const queue::Job& job);

/// Is what lies in failed/ as `name` the original of `job`? Somebody may have taken that away, and another
/// document of its name have come to lie there: its report tells. Without one, `claimed` does: another row
/// says that its original lies there.
bool is_in_failed(const outbox::Shelf& failed, const std::string& name, const queue::Job& job, bool claimed);

/// What the report in failed/ beside `name` says of its document; nothing where there is none.
std::optional<queue::Job> report_of(const outbox::Shelf& failed, const std::string& name);

/// Puts `report` into failed/ where there is no document to put beside it.
void report_alone(outbox::Shelf failed, const queue::Job& job, const std::string& report);

/// Puts the original of one that was given up into failed/, with `report`. The same.
PutAway bury(const Place& home, const queue::Job& job, const std::string& report);

}  // namespace chunkrd::pipeline::original
