#include "core/writable.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/support/hanging_mount.h"
#include "tests/support/small_disk.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd {
namespace {

namespace fs = std::filesystem;

TEST(Writable, ALookLeavesNothingBehind) {
  const tests::TemporaryFolder folder;
  EXPECT_FALSE(why_not_writable(folder.path()));
  EXPECT_FALSE(why_read_only(folder.path()));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

// FUSE has no files without a name.
TEST(Writable, ALookLeavesNothingBehindWhereItNeedsAName) {
  const tests::TemporaryFolder source, folder;
  const tests::HangingMount mount(source.path(), folder.path());
  if (!mount.is_there()) GTEST_SKIP() << "needs bindfs, and leave to mount";
  EXPECT_FALSE(why_not_writable(folder.path()));
  EXPECT_TRUE(fs::is_empty(source.path()));
  fs::create_directory(source.path() / ".chunkrd");
  EXPECT_FALSE(why_not_writable(folder.path()));
  EXPECT_TRUE(fs::is_empty(source.path() / ".chunkrd"));
}

TEST(Writable, AFolderThatIsNotThereIsMadeByWhoNeedsIt) {
  const tests::TemporaryFolder folder;
  EXPECT_FALSE(why_not_writable(folder / "outbox"));
  EXPECT_FALSE(why_not_writable(folder / "no" / "outbox"));
  EXPECT_TRUE(fs::is_empty(folder.path()));
}

TEST(Writable, AFullDiskIsSeenInAFolderOnItAndInOneThatIsToBeMadeThere) {
  const tests::TemporaryFolder folder;
  const tests::SmallDisk disk(folder.path());
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  EXPECT_FALSE(why_not_writable(folder.path()));
  disk.fill();
  EXPECT_EQ(why_not_writable(folder.path()), std::errc::no_space_on_device);
  EXPECT_EQ(why_not_writable(folder / "outbox"), std::errc::no_space_on_device);
  EXPECT_FALSE(why_read_only(folder.path()));
  disk.free();
  EXPECT_FALSE(why_not_writable(folder.path()));
}

TEST(Writable, AReadOnlyDiskIsSeen) {
  const tests::TemporaryFolder folder;
  const tests::SmallDisk disk(folder.path());
  if (!disk.is_there()) GTEST_SKIP() << "needs leave to mount";
  ASSERT_TRUE(disk.make_read_only());
  EXPECT_EQ(why_not_writable(folder.path()), std::errc::read_only_file_system);
  EXPECT_EQ(why_read_only(folder.path()), std::errc::read_only_file_system);
}

}  // namespace
}  // namespace chunkrd
