#pragma once

#include <SQLiteCpp/Exception.h>

#include <filesystem>
#include <optional>
#include <string>

#include "queue/store.h"

namespace chunkrd::queue {

/// Whether what SQLite says ends by itself, or by somebody's doing elsewhere: then the same may be tried once
/// more. `system_error` is the system's number of it (errno), 0 where that is not known.
std::optional<StoreUnavailable::Cause> passing_cause(const SQLite::Exception& error,
                                                     const std::filesystem::path& file, int system_error);

/// In a sentence for people, as it is now: how much is free, who holds the lock, what to do. Blocking.
std::string why_unavailable(StoreUnavailable::Cause cause, const std::filesystem::path& file,
                            int system_error = 0);

}  // namespace chunkrd::queue
