#include "inbox/identity.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "folder.h"

namespace chunkrd::inbox {
namespace {

TEST(Identity, ItsTextIsReadAgainAndFitsTheSameFileOnAnyDevice) {
  const Identity identity{
      .device = 2, .inode = 18446744073709551615u, .size_bytes = 3, .mtime_ns = -4, .ctime_ns = 5};
  EXPECT_EQ(identity.text(), "18446744073709551615:3:-4:5");
  const auto read = Identity::from(identity.text());
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->fits(identity));
  EXPECT_EQ(read->text(), identity.text());
}

TEST(Identity, OtherTextsAreNone) {
  for (const char* text : {"", "1", "1:2", "1:2:3", "1:2:3:", "1:2:3:4:", "1:2:3:4:5", "a:2:3:4", "1:2:3:4x",
                           "-1:2:3:4", "1::3:4", " 1:2:3:4", "18446744073709551616:2:3:4"})
    EXPECT_FALSE(Identity::from(text)) << text;
}

TEST(Identity, TwoDevicesDoNotFit) {
  const Identity here{.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};
  auto there = here;
  there.device = 2;
  EXPECT_FALSE(here.fits(there));
}

TEST(Identity, ARenameKeepsTheContentButNotTheIdentity) {
  TemporaryFolder folder;
  write_file(folder / "a", "text");
  const auto before = identity_of(folder / "a");
  // ctime has the granularity of the kernel's clock tick: rename until it has moved on.
  Identity after;
  do {
    std::filesystem::rename(folder / "a", folder / "b");
    std::filesystem::rename(folder / "b", folder / "a");
    after = identity_of(folder / "a");
  } while (after.ctime_ns == before.ctime_ns);
  EXPECT_TRUE(after.same_content(before));
  EXPECT_FALSE(after.fits(before));
}

// What earlier versions have written of such files stands in queues.
TEST(Identity, OfTimesThatNanosecondsCannotHoldIsWhatItAlwaysWas) {
  struct stat file{};
  file.st_ino = 1;
  file.st_mtim = {.tv_sec = 32'503'680'000, .tv_nsec = 5};   // the year 3000
  file.st_ctim = {.tv_sec = -30'610'224'000, .tv_nsec = 5};  // the year 1000
  const auto identity = Identity::of(file);
  EXPECT_EQ(identity.text(), "1:0:-4389808147419103227:6283264147419103237");
  EXPECT_EQ(Identity::from(identity.text()), identity);
  file.st_mtim.tv_sec += 1;
  EXPECT_FALSE(Identity::of(file).same_content(identity));
}

}  // namespace
}  // namespace chunkrd::inbox
