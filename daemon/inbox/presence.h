#pragma once

#include <string>

#include "inbox/identity.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {

/// Whether a file that was found in an inbox lies there still, as it was.
enum class Presence {
  there,
  gone,      ///< or another file has its name
  deserted,  ///< gone, and nothing else is where it lay: a mount that is missing looks like that
  unclear,   ///< the system does not say
};

/// Looks for the file with `identity` under `name` below `inbox`. Blocking.
Presence presence_of(const Tree& inbox, const std::string& name, const Identity& identity);

}  // namespace chunkrd::inbox
