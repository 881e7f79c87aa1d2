#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "queue/job.h"

namespace chunkrd::cli {

/// A file or folder of a job.
struct Lying {
  std::string_view what;  ///< inbox, spool, preparing, result, archive, failed, report
  std::filesystem::path path;
};

/// What exists of a job now, looked for where the configuration says: the document in the inbox or the spool,
/// a delivery being prepared, the results, the original in archive or failed and the report there. Empty
/// where its inbox is not configured any more.
std::vector<Lying> whereabouts(const queue::Job& job, const config::Settings& settings);

}  // namespace chunkrd::cli
