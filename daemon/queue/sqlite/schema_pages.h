#pragma once

#include <SQLiteCpp/Database.h>

#include <filesystem>

namespace chunkrd::queue {

/// Overwrites in `damaged` the pages that say which tables there are with those of the new queue `model`,
/// which has no rows yet. Tables of a queue that was made by this program begin at the same pages; of one
/// that an older program has made they may not, and then nothing of it can be believed: see
/// contradiction_in(). Throws SQLite::Exception, std::system_error.
void lend_schema(SQLite::Database& model, const std::filesystem::path& damaged);

}  // namespace chunkrd::queue
