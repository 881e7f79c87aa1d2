#include "queue/sqlite/replacement.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/iso_time.h"
#include "queue/sqlite/high_water.h"
#include "queue/sqlite/open.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

fs::path with(const fs::path& file, std::string_view suffix) {
  return file.native() + std::string(suffix);
}

fs::path rebuilt(const fs::path& file) {
  return with(file, ".rebuilt");
}

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status{};
  if (::lstat(path.c_str(), &status) == 0) return status;
  if (errno != ENOENT) fail("examine", path);
  return std::nullopt;
}

// The whole of it into the one file, on the disk.
void seal(const fs::path& built) {
  try {
    SQLite::Database database(built.native(), SQLite::OPEN_READWRITE);
    SQLite::Statement checkpoint(database, "PRAGMA wal_checkpoint(TRUNCATE)");
    if (!checkpoint.executeStep() || checkpoint.getColumn(0).getInt() != 0)
      throw StoreError(fmt::format("queue: {}: its log cannot be emptied", printable(built.native())));
    checkpoint.reset();
    if (const std::string damage = damage_in(database); !damage.empty())
      throw StoreError(fmt::format("queue: {}: is damaged as soon as it is written ({}); check the disk",
                                   printable(built.native()), damage));
  } catch (const SQLite::Exception& error) {
    throw_store_error(built, "writing", error, 0);
  }
  durable::sync_file(durable::open(built, O_RDWR).get(), built);
}

// Root repairs it, and the daemon's user works with it.
void give_away(const fs::path& built, const fs::path& file) {
  if (::geteuid() != 0) return;
  const auto old = status_of(file);
  const auto owner = old ? old : status_of(file.parent_path());
  if (!owner || ::chown(built.c_str(), owner->st_uid, owner->st_gid) != 0) fail("give away", built);
  if (old && ::chmod(built.c_str(), old->st_mode & 0777) != 0) fail("set mode of", built);
}

// When the old database was last written: a repeated call comes to the same name. "20261124T030405Z".
std::string written_at(const fs::path& file) {
  for (const std::string_view suffix : kDatabaseFiles)
    if (const auto status = status_of(with(file, suffix))) {
      std::string text = to_iso(WallTime(std::chrono::seconds(status->st_mtim.tv_sec))).substr(0, 19) + "Z";
      std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
      return text;
    }
  return {};
}

// Whether `kept` is free for everything of `file`, or holds it already.
bool may_be_kept_as(const fs::path& file, const fs::path& kept) {
  return std::ranges::all_of(kDatabaseFiles, [&](std::string_view suffix) {
    const auto there = status_of(with(kept, suffix)), ours = status_of(with(file, suffix));
    return !there || (ours && there->st_dev == ours->st_dev && there->st_ino == ours->st_ino);
  });
}

// A second name for each: nothing of the old queue changes by it. Where there are no links, a copy.
void keep(const fs::path& from, const fs::path& to) {
  if (::link(from.c_str(), to.c_str()) == 0 || errno == EEXIST || errno == ENOENT) return;
  durable::copy_to_new(from, to);
}

fs::path keep_aside(const fs::path& file, std::string_view word) {
  const std::string time = written_at(file);
  if (time.empty()) return {};
  fs::path kept = with(file, fmt::format(".{}-{}", word, time));
  for (int n = 2; !may_be_kept_as(file, kept); ++n)
    kept = with(file, fmt::format(".{}-{}-{}", word, time, n));
  for (const std::string_view suffix : kDatabaseFiles) keep(with(file, suffix), with(kept, suffix));
  durable::sync_directory(file.parent_path());
  return kept;
}

void rename_over(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) fail("rename to", to);
  durable::sync_directory(to.parent_path());
}

}  // namespace

fs::path replace(const fs::path& file, const fs::path& built, std::string_view word) {
  seal(built);
  give_away(built, file);
  fs::path kept = keep_aside(file, word);
  rename_over(built, rebuilt(file));
  finish_replacement(file);
  return kept;
}

bool is_being_replaced(const fs::path& file) {
  return status_of(rebuilt(file)).has_value();
}

void finish_replacement(const fs::path& file) {
  if (!is_being_replaced(file)) return;
  for (const std::string_view suffix : kDatabaseFiles)
    if (!suffix.empty()) durable::remove_file(with(file, suffix));
  // It speaks of the old one, and the new one was made with what lies around.
  HighWater::remove(file);
  // Before the rename: the old log must not meet the new database.
  durable::sync_directory(file.parent_path());
  rename_over(rebuilt(file), file);
}

}  // namespace chunkrd::queue
