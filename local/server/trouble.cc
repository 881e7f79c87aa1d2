#include "local/server/trouble.h"

#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>

#include <system_error>

#include "core/errors.h"

namespace chunkrd::local::server {

Trouble trouble_of(const std::exception& error) noexcept {
  if (const auto* database = dynamic_cast<const SQLite::Exception*>(&error)) {
    switch (database->getErrorCode()) {
      case SQLITE_FULL:
      case SQLITE_READONLY:
        return Trouble::full_disk;
      case SQLITE_IOERR:
      case SQLITE_CANTOPEN:
      case SQLITE_NOMEM:
      case SQLITE_BUSY:
        return Trouble::shortage;
      default:
        return Trouble::none;
    }
  }
  if (!is_shortage(error)) return Trouble::none;
  const auto* const system = dynamic_cast<const std::system_error*>(&error);
  return system != nullptr && is_full_disk(system->code()) ? Trouble::full_disk : Trouble::shortage;
}

}  // namespace chunkrd::local::server
