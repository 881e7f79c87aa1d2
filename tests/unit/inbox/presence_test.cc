// Does a document that the queue knows lie in its inbox still?
#include "inbox/presence.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "folder.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;

class PresenceTest : public ::testing::Test {
 protected:
  PresenceTest() {
    fs::create_directories(folder / "a/b");
    write_file(folder / "a/b/report.pdf", "document");
    identity = Identity::from(identity_of(folder / "a/b/report.pdf").text()).value();
  }
  Presence look() const { return presence_of(*Tree::open(folder.path()), "a/b/report.pdf", identity); }

  TemporaryFolder folder;
  Identity identity;
};

TEST_F(PresenceTest, AFileThatIsAsItWasIsThere) {
  EXPECT_EQ(look(), Presence::there);
}

TEST_F(PresenceTest, AFileThatWasChangedOrReplacedIsAnotherOne) {
  append(folder / "a/b/report.pdf", "!");
  EXPECT_EQ(look(), Presence::gone);
  fs::remove(folder / "a/b/report.pdf");
  fs::create_symlink("/etc/passwd", folder / "a/b/report.pdf");
  EXPECT_EQ(look(), Presence::gone);
}

TEST_F(PresenceTest, AFileThatIsNotThereAmongOthersIsGone) {
  write_file(folder / "a/b/other.pdf", "other");
  fs::remove(folder / "a/b/report.pdf");
  EXPECT_EQ(look(), Presence::gone);
}

TEST_F(PresenceTest, AnEmptyFolderIsDesertedBecauseAMountMayBeMissing) {
  fs::remove(folder / "a/b/report.pdf");
  EXPECT_EQ(look(), Presence::deserted);
  fs::remove(folder / "a/b");
  EXPECT_EQ(look(), Presence::deserted) << "a/ may be the mount";
  fs::remove(folder / "a");
  fs::create_directories(folder / ".chunkrd/spool");
  EXPECT_EQ(look(), Presence::deserted) << "our own folder is made anywhere";
  write_file(folder / "other.pdf", "other");
  EXPECT_EQ(look(), Presence::gone);
}

TEST_F(PresenceTest, AFolderThatCannotBeEnteredSaysNothing) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may enter every folder";
  fs::permissions(folder / "a/b", fs::perms::none);
  EXPECT_EQ(look(), Presence::unclear);
  fs::permissions(folder / "a/b", fs::perms::owner_all);
}

TEST_F(PresenceTest, ALinkInPlaceOfAFolderLeadsNowhere) {
  fs::rename(folder / "a", folder / "elsewhere");
  fs::create_symlink("elsewhere", folder / "a");
  EXPECT_EQ(look(), Presence::gone);
}

}  // namespace
}  // namespace chunkrd::inbox
