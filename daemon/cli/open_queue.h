#pragma once

#include "config/settings.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::cli {

/// Where the queue of this configuration lies.
std::filesystem::path queue_file(const config::Settings& settings);

/// Opens the queue beside the daemon, or without one. Never makes it: throws UserError (no_input,
/// no_permission) when there is none or it may not be read, queue::StoreError when it cannot be used.
queue::SqliteStore open_queue(const config::Settings& settings, queue::Access access);

}  // namespace chunkrd::cli
