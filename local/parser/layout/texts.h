#pragma once

#include <span>
#include <vector>

#include "local/parser/layout/fragments.h"

namespace chunkrd::local::layout {

/// Texts that stand side by side without being a table, as a letter's sender and its date: each on its own,
/// by where it begins. They are told by lines at other heights or in another size, or by being far apart for
/// several lines. What stands on one line with something else (a title and its page, a label and its value)
/// stays there.
std::vector<std::vector<Row>> texts_in(const std::vector<Row>& rows);

}  // namespace chunkrd::local::layout
