#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/clock.h"
#include "pipeline/context.h"

namespace chunkrd::cli {

/// Folders that are not there now, whoever has noticed it, and since when.
class MissingFolders {
 public:
  struct Missing {
    std::string folder;
    std::string why;  ///< for people: what happened, and what to do
    WallTime since;
  };

  /// Takes together what steps have missed, what was gone when places were made, and `inboxes` that cannot be
  /// read: why, by path.
  void look(const pipeline::Context& context, const std::map<std::string, std::string>& inboxes,
            WallTime now);

  const std::vector<Missing>& all() const noexcept { return all_; }

 private:
  std::vector<Missing> all_;  ///< by folder
};

}  // namespace chunkrd::cli
