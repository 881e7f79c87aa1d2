#include "queue/sqlite/schema_pages.h"

#include <SQLiteCpp/Statement.h>
#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "core/durable.h"

namespace chunkrd::queue {
namespace {

// Offsets in the file's first bytes (SQLite's file format, 1.3).
constexpr std::size_t kSizeInPages = 28, kFirstFreePage = 32, kFreePages = 36;

void put_number(std::string& page, std::size_t at, std::uint32_t number) {
  for (int byte = 0; byte < 4; ++byte)
    page[at + static_cast<std::size_t>(byte)] = static_cast<char>(number >> (24 - 8 * byte));
}

}  // namespace

void lend_schema(SQLite::Database& model, const std::filesystem::path& damaged) {
  model.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  const auto page_bytes = static_cast<std::size_t>(model.execAndGet("PRAGMA page_size").getInt());
  const auto from = durable::open(model.getFilename(), O_RDONLY);
  const auto into = durable::open(damaged, O_RDWR);
  const auto pages = std::filesystem::file_size(damaged) / page_bytes;
  SQLite::Statement numbers(model,
                            "SELECT pageno FROM dbstat WHERE name IN ('sqlite_schema', 'sqlite_master')");
  while (numbers.executeStep()) {
    const auto offset = (numbers.getColumn(0).getInt64() - 1) * static_cast<std::int64_t>(page_bytes);
    std::string page(page_bytes, '\0');
    if (::pread(from.get(), page.data(), page.size(), offset) != static_cast<ssize_t>(page.size())) return;
    if (offset == 0) {
      put_number(page, kSizeInPages, static_cast<std::uint32_t>(pages));
      put_number(page, kFirstFreePage, 0);
      put_number(page, kFreePages, 0);
    }
    if (::pwrite(into.get(), page.data(), page.size(), offset) != static_cast<ssize_t>(page.size()))
      throw std::system_error(errno, std::generic_category(), "write " + damaged.native());
  }
}

}  // namespace chunkrd::queue
