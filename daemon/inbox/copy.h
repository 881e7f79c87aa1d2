#pragma once

#include <optional>
#include <string>

#include "inbox/identity.h"
#include "inbox/label.h"

namespace chunkrd::inbox {

enum class Copied {
  /// All of it, with the original's mode, mtime and owner (as far as we may), synced; its name is not yet.
  whole,
  changed,     ///< gone, another file, or changed before or while it was read; nothing is left of the copy
  unreadable,  ///< permission denied
};

/// Copies the regular file `base` of the folder `from` to the new file `to_base` of the folder `to`
/// (replacing what an interrupted call left there), with `label` if there is one, and compares its identity
/// before and after.
/// Blocking. Throws std::system_error (ENOSPC included; nothing is left of the copy then).
Copied checked_copy(int from, const std::string& base, const Identity& identity, int to,
                    const std::string& to_base, const std::optional<Label>& label);

}  // namespace chunkrd::inbox
