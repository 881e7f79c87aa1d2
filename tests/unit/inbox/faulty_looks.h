#pragma once

#include <string>

/// A disk on which looking at some names fails: fstatat(2) goes through this test program's own version of
/// it.
namespace chunkrd::inbox {

/// The next `times` looks at anything of this base name fail with `error`. One name at a time.
void let_looks_fail(const std::string& base, int error, int times);

/// How many of them are still to come.
int looks_to_fail();

}  // namespace chunkrd::inbox
