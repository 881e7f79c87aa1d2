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
/// - inboxes exist; the other folders exist, or are created when their parent does;
/// - all are folders, readable and writable (an inbox with `originals: keep` only needs to be readable).
///
/// Blocking. Throws UserError with a line for each problem, naming the keys: bad_config where folders overlap
/// (nothing is created then), else no_input or no_permission.
void check_folders(const Settings& settings);

/// One thing that check_folders() would complain about.
struct FolderProblem {
  std::string key;  ///< "inboxes[0].outbox"
  ExitCode code;
  std::string text;
};

/// All that check_folders() would complain about, but nothing is created. Blocking.
std::vector<FolderProblem> folder_problems(const Settings& settings);

}  // namespace chunkrd::config
