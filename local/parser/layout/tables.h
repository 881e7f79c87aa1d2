#pragma once

#include <optional>
#include <span>

#include "local/parser/layout/fragments.h"
#include "local/parser/segment.h"

namespace chunkrd::local::layout {

struct Table {
  std::size_t rows_used = 0;  ///< how many of the given rows it takes
  TableCells cells;
};

/// Looks for a table that begins with the first of `rows` (of one region, from top to bottom): cells that
/// are aligned in columns over several rows. A cell's further lines join it.
std::optional<Table> table_at(std::span<const Row> rows);

}  // namespace chunkrd::local::layout
