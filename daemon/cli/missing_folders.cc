#include "cli/missing_folders.h"

#include <algorithm>
#include <utility>

namespace chunkrd::cli {

void MissingFolders::look(const pipeline::Context& context, const std::map<std::string, std::string>& inboxes,
                          WallTime now) {
  std::map<std::string, Missing> found;
  const auto add = [&](const std::string& folder, const std::string& why, WallTime since) {
    found.try_emplace(folder, folder, why, since);
  };
  for (const auto& [path, why] : inboxes) add(path, why, now);
  for (const auto& missed : context.absences.all(now)) add(missed.folder, missed.why, missed.since);
  for (const auto& [path, place] : context.rules->places)
    for (const auto& gone : place->gone)
      // An inbox that is watched may have come back a moment ago.
      if (gone.folder != path) add(gone.folder.native(), gone.why, now);
  const auto before = std::exchange(all_, {});
  for (auto& [folder, missing] : found) {
    const auto same = std::ranges::find(before, folder, &Missing::folder);
    if (same != before.end()) missing.since = std::min(missing.since, same->since);
    all_.push_back(std::move(missing));
  }
}

}  // namespace chunkrd::cli
