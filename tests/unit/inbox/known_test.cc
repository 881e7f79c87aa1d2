#include "inbox/known.h"

#include <gtest/gtest.h>

namespace chunkrd::inbox {
namespace {

constexpr Identity kFile{.device = 1, .inode = 2, .size_bytes = 3, .mtime_ns = 4, .ctime_ns = 5};

TEST(Known, KnowsANameOnlyWithItsIdentity) {
  Known known;
  known.add("a.pdf", kFile);
  EXPECT_TRUE(known.has("a.pdf", kFile));
  EXPECT_FALSE(known.has("b.pdf", kFile));
  for (auto change : {+[](Identity& it) { it.device = 9; }, +[](Identity& it) { it.inode = 9; },
                      +[](Identity& it) { it.size_bytes = 9; }, +[](Identity& it) { it.mtime_ns = 9; },
                      +[](Identity& it) { it.ctime_ns = 9; }}) {
    auto changed = kFile;
    change(changed);
    EXPECT_FALSE(known.has("a.pdf", changed));
  }
}

TEST(Known, ByTheInodeAlone) {
  Known known;
  known.add("a.pdf", kFile);
  EXPECT_TRUE(known.has_inode("a.pdf", 2));
  EXPECT_FALSE(known.has_inode("a.pdf", 3));
  EXPECT_FALSE(known.has_inode("b.pdf", 2));
}

TEST(Known, AChangedFileReplacesTheOldOne) {
  Known known;
  known.add("a.pdf", kFile);
  auto changed = kFile;
  changed.size_bytes = 9;
  known.add("a.pdf", changed);
  EXPECT_TRUE(known.has("a.pdf", changed));
  EXPECT_FALSE(known.has("a.pdf", kFile));
  EXPECT_EQ(known.size(), 1u);
}

TEST(Known, ASweepForgetsWhatWasNotSeen) {
  Known known;
  for (const char* name : {"a", "b", "c", "d"}) known.add(name, kFile);
  known.begin_sweep();
  EXPECT_TRUE(known.has("a", kFile));
  EXPECT_TRUE(known.has_inode("b", kFile.inode));
  known.add("e", kFile);
  known.end_sweep();
  EXPECT_EQ(known.size(), 3u);
  EXPECT_FALSE(known.has("c", kFile));
  EXPECT_TRUE(known.has("e", kFile));
}

TEST(Known, CountsWhatIsUnclaimed) {
  Known known;
  for (const char* name : {"a", "b", "c"}) known.add_unclaimed(name, kFile);
  known.add_unclaimed("a", kFile);
  EXPECT_EQ(known.unclaimed(), 3u);
  known.add("a", kFile);
  EXPECT_EQ(known.unclaimed(), 2u);
  known.forget("b");
  EXPECT_EQ(known.unclaimed(), 1u);
  known.begin_sweep();
  known.end_sweep();
  EXPECT_EQ(known.unclaimed(), 0u);
}

}  // namespace
}  // namespace chunkrd::inbox
