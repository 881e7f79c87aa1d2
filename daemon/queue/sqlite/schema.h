#pragma once

#include <SQLiteCpp/Database.h>

#include <optional>
#include <span>
#include <string_view>

namespace chunkrd::queue {

/// The SQL that brings a database from one schema version to the next. The version of a step is its place
/// in the list, from 1. A step that was released is never changed, only followed by another.
using Migrations = std::span<const std::string_view>;

/// All steps of this program: an empty database that has gone through them is a queue.
Migrations migrations() noexcept;

/// The version that `database` has: 0 if it is empty, nothing if it belongs to some other program.
std::optional<int> schema_version(SQLite::Database& database);

/// Brings `database` to the last version, each step in a transaction of its own, so that a crash between
/// two steps leaves a whole, older version. Throws SQLite::Exception.
void migrate(SQLite::Database& database, Migrations steps);

}  // namespace chunkrd::queue
