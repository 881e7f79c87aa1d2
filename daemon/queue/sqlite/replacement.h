#pragma once

#include <array>
#include <filesystem>
#include <string_view>

/// One database in the place of another. A database is up to four files; only one can be renamed at a time,
/// and a log beside a database that is not its own destroys it. So the new one is first called
/// "queue.sqlite.rebuilt": from then on whoever works the queue ends what was begun, and nobody else opens
/// it.
namespace chunkrd::queue {

/// What belongs to a database besides its own file, as endings of the name; the first is the file itself.
inline constexpr std::array<std::string_view, 4> kDatabaseFiles = {"", "-wal", "-shm", "-journal"};

/// Puts the new queue `built` (in a folder of the same filesystem, closed) in the place of `file`. What was
/// there is kept under names that begin with the one that is returned: "queue.sqlite.<word>-<when it was last
/// written>"; empty when there was nothing. After a failure or a crash at any moment either the old queue is
/// in its place, untouched, or the new one is and finish_replacement() ends the rest; then repeat it.
/// Throws StoreError, std::system_error.
std::filesystem::path replace(const std::filesystem::path& file, const std::filesystem::path& built,
                              std::string_view word);

/// Whether replace() was interrupted after the new queue was durable.
bool is_being_replaced(const std::filesystem::path& file);

/// Ends what replace() has begun; nothing if it has not. For whoever holds the state folder. Throws
/// std::system_error.
void finish_replacement(const std::filesystem::path& file);

}  // namespace chunkrd::queue
