#include "queue/sqlite/diagnosis.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "queue/sqlite/open.h"
#include "queue/sqlite/replacement.h"
#include "queue/sqlite/schema.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

// As small as a disk's sector: the rest of a page may still hold rows.
constexpr std::size_t kSector = 512;

// Reads at `offset` into `buffer`. Where the disk refuses, sector by sector, with zeros for what is lost.
// Returns the bytes that were lost; `got` are there at all.
struct Piece {
  std::size_t got = 0, lost = 0;
};

Piece read_piece(int fd, std::span<char> buffer, off_t offset) {
  const ssize_t got = ::pread(fd, buffer.data(), buffer.size(), offset);
  if (got >= 0) return {static_cast<std::size_t>(got), 0};
  if (errno != EIO) return {};
  if (buffer.size() <= kSector) {
    std::ranges::fill(buffer, '\0');
    return {buffer.size(), buffer.size()};
  }
  Piece whole;
  for (std::size_t at = 0; at < buffer.size(); at += kSector) {
    const Piece sector = read_piece(fd, buffer.subspan(at, std::min(kSector, buffer.size() - at)),
                                    offset + static_cast<off_t>(at));
    whole.got += sector.got;
    whole.lost += sector.lost;
    if (sector.got < kSector) break;
  }
  return whole;
}

std::uint64_t copy_sectors(const fs::path& from, const fs::path& into) {
  const auto in = durable::open(from, O_RDONLY);
  const auto out = durable::open(into, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  struct stat status{};
  if (::fstat(in.get(), &status) != 0)
    throw std::system_error(errno, std::generic_category(), "examine " + printable(from.native()));
  std::array<char, 256 * kSector> buffer;
  std::uint64_t lost = 0;
  for (off_t at = 0; at < status.st_size;) {
    const auto wanted = std::min<std::size_t>(buffer.size(), static_cast<std::size_t>(status.st_size - at));
    const Piece piece = read_piece(in.get(), std::span(buffer).first(wanted), at);
    if (piece.got == 0)
      throw std::system_error(errno, std::generic_category(), "read " + printable(from.native()));
    durable::write_all(out.get(), {buffer.data(), piece.got}, into);
    lost += piece.lost;
    at += static_cast<off_t>(piece.got);
  }
  return lost;
}

// A table of that name is enough: what else would a damaged schema still show?
bool has_jobs(SQLite::Database& database) {
  return SQLite::Statement(database, "SELECT 1 FROM sqlite_schema WHERE name = 'jobs'").executeStep();
}

Diagnosis look_into(SQLite::Database& database) {
  const auto version = schema_version(database);
  const int known = static_cast<int>(migrations().size());
  if (version == 0) return {Condition::missing, "it is empty"};
  if (!version && !has_jobs(database)) return {Condition::foreign, "it is a database of another program"};
  if (version.value_or(0) > known)
    return {Condition::newer,
            fmt::format("it has schema version {}, this chunkrd knows {} and older", *version, known)};
  if (std::string damage = damage_in(database); !damage.empty()) {
    std::ranges::replace(damage, '\n', ' ');
    return {Condition::damaged, std::move(damage)};
  }
  if (!version) return {Condition::damaged, "its version is not in it"};
  return {Condition::whole, {}};
}

}  // namespace

std::uint64_t copy_readable(const fs::path& database, const fs::path& into) {
  std::uint64_t lost = 0;
  for (const std::string_view suffix : kDatabaseFiles) {
    const fs::path from = database.native() + std::string(suffix);
    // The index of the log is made anew from the log.
    if (suffix == "-shm" || !fs::exists(from)) continue;
    lost += copy_sectors(from, into.native() + std::string(suffix));
  }
  return lost;
}

Diagnosis diagnose(const fs::path& copy) {
  if (!fs::exists(copy)) return {Condition::missing, "it is not there"};
  try {
    SQLite::Database database(copy.native(), SQLite::OPEN_READWRITE);
    return look_into(database);
  } catch (const SQLite::Exception& error) {
    const int code = error.getErrorCode() & 0xFF;
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB || code == SQLITE_ERROR || code == SQLITE_IOERR)
      return {Condition::damaged, error.what()};
    throw_store_error(copy, "opening", error, 0);
  }
}

}  // namespace chunkrd::queue
