#pragma once

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "queue/store.h"

namespace chunkrd::queue {

/// What a commit promises.
enum class Durability {
  full,  ///< it survives a power cut
  none,  ///< it survives the end of the process only: for simulations, which cut no power
};

/// What the caller wants of the database.
enum class Access {
  own,     ///< made if it is not there, gone through, brought to this program's schema: who works the queue
  change,  ///< it must be there and have this program's schema: a command that leaves a wish
  read,    ///< likewise, and nothing is ever written: a command that looks
};

struct SqliteOptions {
  Access access = Access::own;
  Durability durability = Durability::full;
  /// How long to wait for another process (a command) that is writing.
  std::chrono::milliseconds busy_timeout{10'000};
  /// How long to read through the database before it is used.
  std::chrono::milliseconds look_at_most{10'000};
  /// Called about once a second while an older schema is brought up to date, by the opening thread. Must not
  /// throw.
  std::function<void()> still_working = {};
};

/// Opens the queue's database as `options` say. Only Access::own reads through it to see that it is whole,
/// for SqliteOptions::look_at_most: a start must not take minutes.
///
/// A file that is damaged, newer than this program, or somebody else's is refused and left as it is, byte
/// for byte; so is a file on a network filesystem. Throws StoreError, where trying again mends nothing
/// StoreRefused.
///
/// With Access::read SQLite may leave an empty log and its index beside the file, no more.
SQLite::Database open_database(const std::filesystem::path& file, const SqliteOptions& options);

/// What is wrong inside the database (quick_check: reads through all of it), empty if nothing is.
/// Throws SQLite::Exception.
std::string damage_in(SQLite::Database& database);

/// The same, but no longer than `limit`: nothing when that was not enough to look at all of it.
std::optional<std::string> damage_within(SQLite::Database& database, std::chrono::milliseconds limit);

/// Throws what SQLite says as a StoreError that names the file and says what to do; as a StoreUnavailable
/// where it passes. `system_error` is the system's number of it (errno), 0 where that is not known.
[[noreturn]] void throw_store_error(const std::filesystem::path& file, std::string_view doing,
                                    const SQLite::Exception& error, int system_error);

}  // namespace chunkrd::queue
