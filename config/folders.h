#pragma once

#include <string>
#include <vector>

#include "config/settings.h"
#include "core/errors.h"

namespace chunkrd::config {

/// Makes sure that the folders of `settings` can be worked with:
/// - inboxes, outboxes, failed, archive and state folders are all different and none lies inside another,
///   also when seen through links or a second mount. Inboxes may share an outbox, a failed or an archive
///   folder.
/// - those that are there are folders, readable and writable (an inbox with `originals: keep` only needs to
/// be
///   readable); those that are not could be made, but for an inbox;
/// - the state folder is there, or is created when its parent is. No other folder is created.
///
/// A folder that cannot be seen is not wrong: it lies on a filesystem that is not mounted, or does not answer
/// now. It is to be waited for. So is one of which we remember that it lay below another mount than what is
/// at its path now, whatever that is.
///
/// Blocking. Throws UserError with a line for each problem, naming the keys: bad_config where folders overlap
/// (nothing is created then), else no_input or no_permission.
void check_folders(const Settings& settings);

/// The same without making anything: what is missing can be made.
void look_at_folders(const Settings& settings);

/// One thing that is wrong with a folder, or that it waits for.
struct FolderProblem {
  enum class Kind {
    mistake,  ///< check_folders() complains about it
    absence,  ///< its documents wait until it is there
  };
  std::string key;  ///< "inboxes[0].outbox"
  Kind kind;
  ExitCode code;
  std::string text;
};

/// All of them; nothing is created. Blocking.
std::vector<FolderProblem> folder_problems(const Settings& settings);

}  // namespace chunkrd::config
