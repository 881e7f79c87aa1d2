#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <chrono>
#include <filesystem>
#include <string_view>

#include "queue/store.h"

namespace chunkrd::queue {

/// What a commit promises.
enum class Durability {
  full,  ///< it survives a power cut
  none,  ///< it survives the end of the process only: for simulations, which cut no power
};

struct SqliteOptions {
  Durability durability = Durability::full;
  /// How long to wait for another process (a command) that is writing.
  std::chrono::milliseconds busy_timeout{10'000};
};

/// Opens the queue's database, makes it if it is not there, and brings it to this program's schema.
///
/// A file that is damaged, newer than this program, or somebody else's is refused and left as it is, byte
/// for byte; so is a file on a network filesystem. Throws StoreError.
SQLite::Database open_database(const std::filesystem::path& file, const SqliteOptions& options);

/// What SQLite says, as an error that names the file and says what to do.
StoreError store_error(const std::filesystem::path& file, std::string_view doing,
                       const SQLite::Exception& error);

}  // namespace chunkrd::queue
