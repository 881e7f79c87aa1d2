#include "core/errors.h"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <new>

namespace chunkrd {
namespace {

// What a file or its name can be blamed for: it may not be read, is not there, is none, or cannot be named.
constexpr int kOfTheFile[] = {EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EILSEQ};

bool is_of_the_system(const std::error_code& error) noexcept {
  return error.category() == std::generic_category() || error.category() == std::system_category();
}

}  // namespace

bool is_shortage(const std::error_code& error) noexcept {
  return error && is_of_the_system(error) &&
         std::ranges::find(kOfTheFile, error.value()) == std::end(kOfTheFile);
}

std::error_code code_of(const std::exception& error) noexcept {
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr)
    return std::make_error_code(std::errc::not_enough_memory);
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  return system != nullptr ? system->code() : std::error_code();
}

bool is_full_disk(const std::error_code& error) noexcept {
  return is_of_the_system(error) &&
         (error.value() == ENOSPC || error.value() == EDQUOT || error.value() == EROFS);
}

}  // namespace chunkrd
