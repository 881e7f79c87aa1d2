#include "core/ground.h"

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <string>

#include "tests/support/temporary_folder.h"

namespace chunkrd {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

class GroundTest : public testing::Test {
 protected:
  GroundTest() { fs::create_directory(state); }

  Ground archive() const { return {home.path() / "archive", state, Ground::Kind::open}; }
  Ground spool() const { return {home.path() / "spool", state, Ground::Kind::precious}; }

  Ground inbox() const { return {home.path() / "inbox", state, Ground::Kind::theirs}; }

  // As if the folder had lain on a filesystem that was mounted somewhere else.
  void pretend_it_lay_on_another_mount() const {
    for (const auto& memory : fs::directory_iterator(state / "folders")) {
      std::ifstream file(memory.path());
      std::string id;
      std::getline(file, id);
      write(memory.path(), id + "\n/mnt/that/is/gone\n");
    }
  }

  tests::TemporaryFolder home;
  fs::path state = home.path() / "state";
};

TEST_F(GroundTest, AFolderThatWasNeverThereIsMade) {
  EXPECT_TRUE(archive().open());
  EXPECT_TRUE(spool().open());
  EXPECT_EQ(fs::status(home.path() / "spool").permissions(), fs::perms::owner_all) << "for us alone";
}

TEST_F(GroundTest, AFolderThatSomebodyRemovedIsMadeAnew) {
  const auto ground = archive();
  EXPECT_TRUE(ground.open());
  fs::remove_all(ground.path());
  EXPECT_FALSE(ground.exists());
  EXPECT_TRUE(ground.open());
  EXPECT_TRUE(archive().open()) << "and known by its new mark";
}

TEST_F(GroundTest, AnEmptyMountPointIsNotTheFolderThatWasMountedThere) {
  EXPECT_TRUE(archive().open());
  pretend_it_lay_on_another_mount();
  fs::remove_all(home.path() / "archive");
  EXPECT_THROW((void)archive().open(), FolderGone) << "with nothing there";
  EXPECT_THROW((void)archive().exists(), FolderGone);
  fs::create_directory(home.path() / "archive");
  EXPECT_THROW((void)archive().open(), FolderGone) << "with an empty folder there";
  EXPECT_TRUE(fs::is_empty(home.path() / "archive")) << "in which nothing was made";
  write(home.path() / "archive/.chunkrd/id", "left by an earlier start without the mount\n");
  EXPECT_THROW((void)archive().open(), FolderGone) << "with another one of ours there";
}

TEST_F(GroundTest, AFolderThatIsMountedAtAnotherPlaceIsStillTheSame) {
  EXPECT_TRUE(archive().open());
  pretend_it_lay_on_another_mount();
  EXPECT_TRUE(archive().open());
}

TEST_F(GroundTest, AnEmptyMarkSaysThatTheFolderIsMeantToBeThere) {
  EXPECT_TRUE(archive().open());
  pretend_it_lay_on_another_mount();
  write(home.path() / "archive/.chunkrd/id", "");
  EXPECT_TRUE(archive().open());
  EXPECT_TRUE(archive().open()) << "for good";
}

TEST_F(GroundTest, ASpoolThatIsGoneIsNotMadeAnewAndIsTheSameWhenItIsBack) {
  const auto ground = spool();
  EXPECT_TRUE(ground.open());
  fs::rename(ground.path(), home.path() / "away");
  EXPECT_THROW((void)ground.open(), FolderGone);
  EXPECT_THROW((void)spool().open(), FolderGone) << "after a restart";
  EXPECT_FALSE(fs::exists(ground.path()));
  fs::rename(home.path() / "away", ground.path());
  EXPECT_TRUE(ground.open());
}

TEST_F(GroundTest, AnInboxIsNeverMadeNorMarked) {
  EXPECT_THROW((void)inbox().open(), FolderGone);
  EXPECT_FALSE(fs::exists(home.path() / "inbox"));
  fs::create_directory(home.path() / "inbox");
  EXPECT_TRUE(inbox().open());
  EXPECT_TRUE(fs::is_empty(home.path() / "inbox"));
}

TEST_F(GroundTest, AnInboxBelowAnotherMountIsTakenForOneAsSoonAsSomethingLiesInIt) {
  fs::create_directory(home.path() / "inbox");
  const auto opened_before = inbox();
  EXPECT_TRUE(opened_before.open());
  EXPECT_FALSE(inbox().hidden());
  pretend_it_lay_on_another_mount();
  EXPECT_TRUE(opened_before.open()) << "the same folder as a moment ago";
  EXPECT_TRUE(inbox().hidden());
  EXPECT_THROW((void)inbox().open(), FolderGone);
  write(home.path() / "inbox/a.pdf", "a");
  EXPECT_FALSE(inbox().hidden());
  EXPECT_TRUE(inbox().open());
  fs::remove(home.path() / "inbox/a.pdf");
  EXPECT_TRUE(inbox().open()) << "for good";
}

// Whether it went on to its end in a namespace of its own, where `folder` is mounted onto itself: what
// systemd does with ReadWritePaths=.
bool in_a_sandbox(const fs::path& folder, const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr int kNotAllowed = 2;
    if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount(folder.c_str(), folder.c_str(), nullptr, MS_BIND, nullptr) != 0)
      ::_exit(kNotAllowed);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_NE(status, 1 << 8);
  return status == 0;
}

TEST_F(GroundTest, AFolderThatASandboxMountsOntoItselfIsTheSameOutsideOfIt) {
  fs::create_directories(home.path() / "inbox");
  if (!in_a_sandbox(home.path(), [&] { return inbox().open() && archive().open(); }))
    GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_FALSE(inbox().hidden()) << "chunkrd check beside the service";
  EXPECT_FALSE(archive().hidden());
  EXPECT_TRUE(inbox().open());
  EXPECT_TRUE(in_a_sandbox(home.path() / "inbox", [&] { return !inbox().hidden() && inbox().open(); }))
      << "nor is it another one where the sandbox is";
}

TEST_F(GroundTest, NothingIsMadeWhereTheFolderAboveItIsMissing) {
  const Ground ground(home.path() / "not-mounted/archive", state, Ground::Kind::open);
  EXPECT_THROW((void)ground.open(), FolderGone);
  EXPECT_FALSE(fs::exists(home.path() / "not-mounted"));
  fs::create_directory(home.path() / "not-mounted");
  EXPECT_TRUE(ground.open());
  fs::remove_all(home.path() / "not-mounted");
  EXPECT_THROW((void)ground.open(), FolderGone) << "nor what was there before";
}

TEST_F(GroundTest, SaysWhichFolderAndWhatToDo) {
  EXPECT_TRUE(archive().open());
  pretend_it_lay_on_another_mount();
  fs::remove_all(home.path() / "archive");
  try {
    (void)archive().open();
    FAIL();
  } catch (const FolderGone& gone) {
    EXPECT_EQ(gone.folder(), home.path() / "archive");
    const std::string why = gone.what();
    EXPECT_NE(why.find("/mnt/that/is/gone"), std::string::npos) << why;
    EXPECT_NE(why.find("touch " + (home.path() / "archive/.chunkrd/id").native()), std::string::npos) << why;
  }
}

TEST_F(GroundTest, WhatWasInUseIsRememberedAsLongAsItIsTheSame) {
  (void)archive().open();
  (void)spool().open();
  write(home.path() / "inbox/file", "");
  (void)inbox().open();
  const fs::path odd = home.path() / "named \n so";
  (void)Ground(odd, state, Ground::Kind::open).open();
  auto known = remembered_in(state);
  EXPECT_EQ(known.open, (std::vector<fs::path>{home.path() / "archive", odd}));
  EXPECT_EQ(known.precious, std::vector<fs::path>{home.path() / "spool"});

  write(home.path() / "archive/.chunkrd/id", "another\n");
  fs::remove_all(odd);
  known = remembered_in(state);
  EXPECT_TRUE(known.open.empty()) << "somebody else's by now, or gone";
}

}  // namespace
}  // namespace chunkrd
