#include "inbox/tree.h"

#include <gtest/gtest.h>

#include "folder.h"
#include "inbox/filesystem.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;

TEST(Names, AreSplitAndJoined) {
  for (const char* name : {"a.pdf", "x/a.pdf", "x/y/a.pdf"}) {
    const auto parts = split(name);
    EXPECT_EQ(join(parts.folder, parts.base), name);
  }
  EXPECT_EQ(split("x/y/a.pdf").folder, "x/y");
  EXPECT_EQ(split("a.pdf").folder, "");
}

TEST(Names, ThatLeaveTheInboxAreFound) {
  for (const char* name : {"a", "a/b", "..a/b..", "...", "a/.chunkrd", "-"})
    EXPECT_TRUE(is_below(name)) << name;
  for (const char* name : {"", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "./a", "a/.",
                           ".chunkrd", ".chunkrd/spool/x"})
    EXPECT_FALSE(is_below(name)) << name;
  EXPECT_FALSE(is_below(std::string_view("a\0b", 3)));
}

TEST(Tree, FoldersAreOpenedBelowTheRootButNotThroughLinks) {
  TemporaryFolder root, outside;
  fs::create_directories(root / "a/b");
  fs::create_directory(outside / "b");
  fs::create_directory_symlink(outside.path(), root / "link");
  fs::create_directory_symlink(outside.path(), root / "a/link");
  write_file(root / "file", "x");
  const auto tree = Tree::open(root.path());
  ASSERT_TRUE(tree);
  EXPECT_TRUE(tree->folder(""));
  EXPECT_TRUE(tree->folder("a/b"));
  EXPECT_EQ(tree->folder("link").error(), std::errc::too_many_symbolic_link_levels);
  EXPECT_EQ(tree->folder("link/b").error(), std::errc::too_many_symbolic_link_levels);
  EXPECT_EQ(tree->folder("a/link").error(), std::errc::too_many_symbolic_link_levels);
  EXPECT_EQ(tree->folder("file").error(), std::errc::not_a_directory);
  EXPECT_EQ(tree->folder("none").error(), std::errc::no_such_file_or_directory);
}

TEST(Tree, TheRootItselfMayBeALink) {
  TemporaryFolder folder;
  fs::create_directory(folder / "real");
  fs::create_directory_symlink(folder / "real", folder / "root");
  EXPECT_TRUE(Tree::open(folder / "root"));
  EXPECT_EQ(Tree::open(folder / "none").error(), std::errc::no_such_file_or_directory);
}

TEST(Filesystem, NetworkAndUserSpaceOnesDoNotTellOfChanges) {
  EXPECT_TRUE(tells_of_changes_by_type(0xEF53));       // ext4
  EXPECT_TRUE(tells_of_changes_by_type(0x58465342));   // XFS
  EXPECT_TRUE(tells_of_changes_by_type(0x9123683E));   // btrfs
  EXPECT_TRUE(tells_of_changes_by_type(0x01021994));   // tmpfs
  EXPECT_TRUE(tells_of_changes_by_type(0x794C7630));   // overlay
  EXPECT_FALSE(tells_of_changes_by_type(0x6969));      // NFS
  EXPECT_FALSE(tells_of_changes_by_type(0xFE534D42));  // SMB2
  EXPECT_FALSE(tells_of_changes_by_type(0x65735546));  // FUSE
  // On some machines the type is a signed number.
  EXPECT_FALSE(tells_of_changes_by_type(static_cast<unsigned long>(static_cast<int>(0xFE534D42))));
}

TEST(Filesystem, TheTestsFolderTellsOfChanges) {
  TemporaryFolder folder;
  const auto tree = Tree::open(folder.path());
  EXPECT_TRUE(tells_of_changes(tree->folder("")->get()));
  EXPECT_FALSE(tells_of_changes(-1));
}

}  // namespace
}  // namespace chunkrd::inbox
