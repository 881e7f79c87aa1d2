#pragma once

#include <string>

#include "metrics/overview.h"

namespace chunkrd::metrics {

/// The page for people, as HTML without a script: `overview` as it looks at `now`. `trouble`: what is wrong,
/// a line each; empty when all is well.
std::string people_page(const Overview& overview, const std::vector<std::string>& trouble, WallTime now);

/// The page while there is nothing to show yet.
std::string starting_page();

/// The Content-Security-Policy of both: nothing is loaded or run, and the one style is known by its digest.
std::string people_page_policy();

}  // namespace chunkrd::metrics
