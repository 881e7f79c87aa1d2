#include "config/artifact_list.h"

#include <algorithm>

#include "config/values.h"

namespace chunkrd::config {
namespace {

Reader<Artifact> artifact() {
  return choice<Artifact>({{"json", Artifact::json},
                           {"markdown", Artifact::markdown},
                           {"html", Artifact::html},
                           {"chunks", Artifact::chunks},
                           {"text", Artifact::text},
                           {"pdf", Artifact::pdf},
                           {"images", Artifact::images},
                           {"report", Artifact::report}});
}

}  // namespace

Reader<std::vector<Artifact>> artifact_list() {
  return [read = list_of(artifact())](const Entry& entry) -> std::optional<std::vector<Artifact>> {
    const auto named = read(entry);
    if (!named) return std::nullopt;
    std::vector<Artifact> result{Artifact::json};
    for (const Artifact artifact : *named) {
      if (std::ranges::find(result, artifact) == result.end()) result.push_back(artifact);
    }
    return result;
  };
}

}  // namespace chunkrd::config
