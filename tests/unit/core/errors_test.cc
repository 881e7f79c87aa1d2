#include "core/errors.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <future>
#include <new>

namespace chunkrd {
namespace {

std::error_code code(int error) {
  return {error, std::generic_category()};
}

TEST(Shortage, WhatThisMachineLacksIsNobodysFault) {
  for (const int error :
       {EMFILE, ENFILE,    ENOMEM,   ENOBUFS,   EIO,    EAGAIN, EINTR,  ENOSPC, EDQUOT,  EROFS,
        ESTALE, ETIMEDOUT, ENOTCONN, EHOSTDOWN, ENOLCK, EBUSY,  ENODEV, ENXIO,  EUCLEAN, EREMOTEIO})
    EXPECT_TRUE(is_shortage(code(error))) << code(error).message();
}

TEST(Shortage, WhatAFileOrItsNameIsToBlameForIsNone) {
  for (const int error : {EACCES, EPERM, ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EILSEQ})
    EXPECT_FALSE(is_shortage(code(error))) << code(error).message();
  EXPECT_FALSE(is_shortage(std::error_code()));
}

TEST(Shortage, AnErrorNumberMeansTheSameInBothOfTheSystemsCategories) {
  EXPECT_TRUE(is_shortage(std::error_code(EMFILE, std::system_category())));
  EXPECT_FALSE(is_shortage(std::error_code(EACCES, std::system_category())));
  EXPECT_FALSE(is_shortage(std::make_error_code(std::future_errc::no_state)));
}

TEST(Shortage, IsKnownByWhatWasThrown) {
  EXPECT_TRUE(is_shortage(std::bad_alloc()));
  EXPECT_TRUE(is_shortage(std::system_error(code(EMFILE), "open")));
  EXPECT_TRUE(is_shortage(std::filesystem::filesystem_error("open", code(EIO))));
  EXPECT_FALSE(is_shortage(std::system_error(code(EACCES), "open")));
  EXPECT_FALSE(is_shortage(std::runtime_error("no PDF")));
}

TEST(Shortage, OfSpaceIsOneOfItsOwn) {
  for (const int error : {ENOSPC, EDQUOT, EROFS}) EXPECT_TRUE(is_full_disk(code(error)));
  for (const int error : {EIO, EMFILE, EACCES}) EXPECT_FALSE(is_full_disk(code(error)));
}

}  // namespace
}  // namespace chunkrd
