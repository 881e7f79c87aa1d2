#include "inbox/spool.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <memory>
#include <set>
#include <thread>

#include "folder.h"
#include "own_world.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kJob = "01jf8z3r5x0123456789abcdef";

struct SpoolTest : ::testing::Test {
  Identity drop(const std::string& name, std::string_view text = "a document") {
    write_file(inbox / name, text);
    return identity_of(inbox / name);
  }
  Spool moving() const { return Spool(inbox.path(), state.path(), Spool::Take::move); }
  Spool copying() const { return Spool(inbox.path(), state.path(), Spool::Take::copy); }

  TemporaryFolder inbox, state;
};

/// Everything in a folder, hidden names too.
std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().native());
  return names;
}

/// On another filesystem than the tests' folder; none where this machine has no such.
std::unique_ptr<TemporaryFolder> on_other_filesystem(const TemporaryFolder& than) {
  std::unique_ptr<TemporaryFolder> other;
  if (fs::exists("/dev/shm")) other = std::make_unique<TemporaryFolder>("/dev/shm");
  if (other && identity_of(other->path()).device == identity_of(than.path()).device) other.reset();
  return other;
}

TEST_F(SpoolTest, TakesADocumentByMovingIt) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(spool.path_of(kJob), state / "spool" / kJob);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  EXPECT_EQ(identity_of(spool.path_of(kJob)).inode, identity.inode);
  EXPECT_THAT(names_in(inbox.path()), IsEmpty());
  EXPECT_THAT(spool.job_ids(), ElementsAre(kJob));
}

TEST_F(SpoolTest, TakesByTheIdentityThatStandsInTheQueuesRow) {
  const auto identity = Identity::from(drop("a.pdf").text());
  ASSERT_TRUE(identity);
  EXPECT_EQ(moving().take("a.pdf", *identity, kJob), Taken::taken);
}

TEST_F(SpoolTest, TakesADocumentByCopyingItWhereOriginalsAreKept) {
  const auto identity = drop("a.pdf");
  const auto spool = copying();
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  EXPECT_EQ(identity_of(inbox / "a.pdf"), identity);
  EXPECT_THAT(names_in(state / "spool"), ElementsAre(kJob));
}

TEST_F(SpoolTest, ACopyHasTheModeTheTimeAndTheOwnerOfItsOriginal) {
  drop("a.pdf");
  fs::permissions(inbox / "a.pdf", fs::perms::owner_read | fs::perms::owner_write | fs::perms::group_read |
                                       fs::perms::others_read);
  fs::last_write_time(inbox / "a.pdf", fs::file_time_type::clock::now() - std::chrono::hours(48));
  if (::geteuid() == 0) {
    ASSERT_EQ(::chown((inbox / "a.pdf").c_str(), 1234, 5678), 0);
  }
  const auto spool = copying();
  ASSERT_EQ(spool.take("a.pdf", identity_of(inbox / "a.pdf"), kJob), Taken::taken);
  struct stat original{}, copy{};
  ASSERT_EQ(::stat((inbox / "a.pdf").c_str(), &original), 0);
  ASSERT_EQ(::stat(spool.path_of(kJob).c_str(), &copy), 0);
  EXPECT_EQ(copy.st_mode, original.st_mode);
  EXPECT_EQ(copy.st_mtim.tv_sec, original.st_mtim.tv_sec);
  EXPECT_EQ(copy.st_mtim.tv_nsec, original.st_mtim.tv_nsec);
  EXPECT_EQ(copy.st_uid, original.st_uid);
  EXPECT_EQ(copy.st_gid, original.st_gid);
}

TEST_F(SpoolTest, ASpoolThatIsGoneHasNotLostWhatItHolds) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  ASSERT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  fs::rename(state / "spool", state / "away");
  EXPECT_THROW((void)spool.take("a.pdf", identity, kJob), FolderGone) << "and not vanished";
  EXPECT_THROW((void)spool.has(kJob), FolderGone);
  EXPECT_THROW((void)moving().has(kJob), FolderGone) << "nor after a restart";
  fs::rename(state / "away", state / "spool");
  EXPECT_TRUE(moving().has(kJob));
}

TEST_F(SpoolTest, TakingAgainIsTaken) {
  const auto identity = drop("a.pdf");
  for (const auto& spool : {moving(), copying()}) {
    EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
    EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
    EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  }
}

TEST_F(SpoolTest, TakingAgainDoesNotTouchANewFileOfTheSameName) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  ASSERT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  drop("a.pdf", "the next one");
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(read_file(inbox / "a.pdf"), "the next one");
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
}

TEST_F(SpoolTest, TakingAgainWorksWhenTheFolderIsGone) {
  fs::create_directory(inbox / "sub");
  const auto identity = drop("sub/a.pdf");
  const auto spool = moving();
  ASSERT_EQ(spool.take("sub/a.pdf", identity, kJob), Taken::taken);
  fs::remove(inbox / "sub");
  EXPECT_EQ(spool.take("sub/a.pdf", identity, kJob), Taken::taken);
}

TEST_F(SpoolTest, AFileThatIsGoneIsVanished) {
  const auto identity = drop("a.pdf");
  fs::remove(inbox / "a.pdf");
  EXPECT_EQ(moving().take("a.pdf", identity, kJob), Taken::vanished);
  EXPECT_EQ(copying().take("a.pdf", identity, kJob), Taken::vanished);
  EXPECT_EQ(moving().take("no/folder/a.pdf", identity, kJob), Taken::vanished);
}

TEST_F(SpoolTest, AChangedOrOtherFileStaysWhereItIs) {
  const auto identity = drop("a.pdf");
  append(inbox / "a.pdf", ", longer now");
  for (const auto& spool : {moving(), copying()}) {
    EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
    EXPECT_EQ(read_file(inbox / "a.pdf"), "a document, longer now");
    EXPECT_THAT(names_in(state / "spool"), IsEmpty());
  }
}

TEST_F(SpoolTest, WhatIsNoRegularFileIsRefusedAndBlocksNothing) {
  const auto identity = drop("a.pdf");
  fs::create_symlink(inbox / "a.pdf", inbox / "link");
  fs::create_directory(inbox / "folder");
  ASSERT_EQ(::mkfifo((inbox / "fifo").c_str(), 0600), 0);
  for (const char* name : {"link", "folder", "fifo"}) {
    EXPECT_EQ(moving().take(name, identity_of(inbox / name), kJob), Taken::refused) << name;
    EXPECT_EQ(copying().take(name, identity_of(inbox / name), kJob), Taken::refused) << name;
  }
  EXPECT_EQ(moving().take("link", identity, kJob), Taken::refused);
}

TEST_F(SpoolTest, NamesThatLeaveTheInboxAreRefused) {
  TemporaryFolder outside;
  write_file(outside / "a.pdf", "not ours");
  fs::create_directory_symlink(outside.path(), inbox / "link");
  const auto identity = identity_of(outside / "a.pdf");
  const auto up = "../" + outside.path().filename().native() + "/a.pdf";
  for (const auto& name : {std::string("link/a.pdf"), up, (outside / "a.pdf").native(), std::string(""),
                           std::string("link/../a.pdf"), std::string(".chunkrd/spool/x")}) {
    EXPECT_EQ(moving().take(name, identity, kJob), Taken::refused) << name;
    EXPECT_EQ(copying().take(name, identity, kJob), Taken::refused) << name;
  }
  EXPECT_EQ(read_file(outside / "a.pdf"), "not ours");
}

TEST_F(SpoolTest, HostileNamesAreTakenByteForByte) {
  fs::create_directory(inbox / "\xff dir");
  const auto spool = moving();
  int count = 0;
  for (const std::string name :
       {" a ", "new\nline", "quote'\"", "-rf", "\xc3\xa4.pdf", "\xff\xfe\x80", "*?[", "\xff dir/\xff"}) {
    const auto identity = drop(name, name);
    const auto job = std::to_string(++count);
    EXPECT_EQ(spool.take(name, identity, job), Taken::taken) << name;
    EXPECT_EQ(read_file(spool.path_of(job)), name);
  }
  const std::string longest(255, '\xe9');
  EXPECT_EQ(spool.take(longest, drop(longest), "longest"), Taken::taken);
}

TEST_F(SpoolTest, AnUnreadableFileIsMovedButCannotBeCopied) {
  const bool root = ::geteuid() == 0;
  fs::permissions(inbox.path(), fs::perms(0777));
  fs::permissions(state.path(), fs::perms(0777));
  if (root) ASSERT_EQ(::seteuid(65534), 0);
  drop("a.pdf");
  fs::permissions(inbox / "a.pdf", fs::perms(0));
  const auto identity = identity_of(inbox / "a.pdf");
  EXPECT_EQ(copying().take("a.pdf", identity, kJob), Taken::unreadable);
  EXPECT_EQ(moving().take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_TRUE(fs::exists(state / "spool" / kJob));
  EXPECT_EQ(::seteuid(::getuid()), 0);
}

TEST_F(SpoolTest, AMissingInboxIsWaitedForAndIsNoVanishedDocument) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::rename(inbox.path(), state / "away");
  EXPECT_THROW(spool.take("a.pdf", identity, kJob), FolderGone);
  fs::rename(state / "away", inbox.path());
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
}

// --- Interrupted at every point, then repeated

TEST_F(SpoolTest, MovedButChangedBeforeItWasLookedAtGoesBack) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::rename(inbox / "a.pdf", spool.path_of(kJob));
  append(spool.path_of(kJob), ", longer now");
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
  EXPECT_EQ(read_file(inbox / "a.pdf"), "a document, longer now");
  EXPECT_THAT(spool.job_ids(), IsEmpty());
}

TEST_F(SpoolTest, WhatGoesBackNeverReplacesANewFile) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::rename(inbox / "a.pdf", spool.path_of(kJob));
  append(spool.path_of(kJob), ", longer now");
  drop("a.pdf", "the next one");
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
  EXPECT_EQ(read_file(inbox / "a.pdf"), "the next one");
  EXPECT_EQ(read_file(inbox / (std::string(kJob) + ".a.pdf")), "a document, longer now");
}

TEST_F(SpoolTest, WhatGoesBackBesideALongNameKeepsItsEnding) {
  const auto name = std::string(251, 'n') + ".pdf";
  const auto identity = drop(name);
  const auto spool = moving();
  fs::rename(inbox / name, spool.path_of(kJob));
  append(spool.path_of(kJob), "x");
  drop(name, "the next one");
  EXPECT_EQ(spool.take(name, identity, kJob), Taken::changed);
  const auto names = names_in(inbox.path());
  ASSERT_EQ(names.size(), 2u);
  EXPECT_EQ(names.begin()->size(), 255u);
  EXPECT_TRUE(names.begin()->starts_with(kJob) && names.begin()->ends_with(".pdf"));
}

TEST_F(SpoolTest, ASpecialFileThatSlippedInGoesBack) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::create_symlink("/etc/passwd", spool.path_of(kJob));  // as if renamed between the look and the move
  fs::remove(inbox / "a.pdf");
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
  EXPECT_TRUE(fs::is_symlink(inbox / "a.pdf"));
}

TEST_F(SpoolTest, AHalfCopyIsMadeAgain) {
  const auto identity = drop("a.pdf");
  const auto spool = copying();
  write_file(state / "spool" / ("." + std::string(kJob) + ".part"), "a doc");
  EXPECT_THAT(spool.job_ids(), IsEmpty());
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  EXPECT_THAT(names_in(state / "spool"), ElementsAre(kJob));
}

TEST_F(SpoolTest, ACopiedOriginalThatWasSetAsideComesBackIfTheCopyIsNotThere) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::rename(inbox / "a.pdf", inbox / (".chunkrd-" + std::string(kJob)));
  const auto outcome = spool.take("a.pdf", identity, kJob);
  // Whether the renames have left a trace in ctime depends on the clock's tick.
  if (outcome == Taken::changed) {
    EXPECT_EQ(read_file(inbox / "a.pdf"), "a document");
  } else {
    EXPECT_EQ(outcome, Taken::taken);
    EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  }
  EXPECT_EQ(names_in(inbox.path()).size() + spool.job_ids().size(), 1u);
}

TEST_F(SpoolTest, ACopiedOriginalThatWasSetAsideIsRemovedIfTheCopyIsThere) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::copy_file(inbox / "a.pdf", spool.path_of(kJob));
  fs::last_write_time(spool.path_of(kJob), fs::last_write_time(inbox / "a.pdf"));
  fs::rename(inbox / "a.pdf", inbox / (".chunkrd-" + std::string(kJob)));
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  EXPECT_THAT(names_in(inbox.path()), IsEmpty());
}

// --- Filesystems

TEST_F(SpoolTest, AnInboxOnAnotherFilesystemHasItsSpoolInside) {
  const auto other = on_other_filesystem(inbox);
  if (!other) GTEST_SKIP() << "no second filesystem to write to";
  write_file(*other / "a.pdf", "a document");
  const auto identity = identity_of(*other / "a.pdf");
  const Spool spool(other->path(), state.path(), Spool::Take::move);
  EXPECT_EQ(spool.path_of(kJob), *other / ".chunkrd/spool" / kJob);
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_EQ(identity_of(spool.path_of(kJob)).inode, identity.inode);
  EXPECT_EQ(fs::status(*other / ".chunkrd").permissions(), fs::perms::owner_all);
}

TEST_F(SpoolTest, CopiesLieBesideTheStateWhereverTheInboxIs) {
  const auto other = on_other_filesystem(inbox);
  if (!other) GTEST_SKIP() << "no second filesystem to write to";
  write_file(*other / "a.pdf", "a document");
  const Spool spool(other->path(), state.path(), Spool::Take::copy);
  EXPECT_EQ(spool.take("a.pdf", identity_of(*other / "a.pdf"), kJob), Taken::taken);
  EXPECT_EQ(read_file(state / "spool" / kJob), "a document");
  EXPECT_THAT(names_in(other->path()), ElementsAre("a.pdf"));
}

TEST_F(SpoolTest, ALinkInPlaceOfTheOwnFolderIsNotFollowed) {
  const auto other = on_other_filesystem(inbox);
  if (!other) GTEST_SKIP() << "no second filesystem to write to";
  fs::create_directory_symlink(inbox.path(), *other / ".chunkrd");
  EXPECT_THROW(Spool(other->path(), state.path(), Spool::Take::move), std::system_error);
  EXPECT_THAT(names_in(inbox.path()), IsEmpty());
}

TEST_F(SpoolTest, ADocumentOnAMountInsideTheInboxIsCopiedThenRemoved) {
  fs::create_directory(inbox / "mount");
  const auto told = tell_where_mounting_is_allowed([&] {
    ASSERT_EQ(::mount("none", (inbox / "mount").c_str(), "tmpfs", 0, nullptr), 0);
    const auto identity = drop("mount/a.pdf");
    const auto stale = drop("mount/b.pdf");
    append(inbox / "mount/b.pdf", ", longer now");
    const auto spool = moving();
    EXPECT_EQ(spool.take("mount/a.pdf", identity, kJob), Taken::taken);
    EXPECT_EQ(spool.take("mount/a.pdf", identity, kJob), Taken::taken);
    EXPECT_EQ(spool.take("mount/b.pdf", stale, "other"), Taken::changed);
    EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
    EXPECT_EQ(identity_of(spool.path_of(kJob)).mtime_ns, identity.mtime_ns);
    EXPECT_THAT(names_in(inbox / "mount"), ElementsAre("b.pdf"));
    EXPECT_THAT(names_in(state / "spool"), ElementsAre(kJob));
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(told, Told::well);
}

TEST_F(SpoolTest, ABindMountOfTheSameFilesystemIsAnotherFilesystemForRename) {
  const auto told = tell_where_mounting_is_allowed([&] {
    ASSERT_EQ(::mount(inbox.path().c_str(), inbox.path().c_str(), nullptr, MS_BIND, nullptr), 0);
    const auto identity = drop("a.pdf");
    const auto spool = moving();
    EXPECT_EQ(spool.path_of(kJob), inbox / ".chunkrd/spool" / kJob);
    EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
    EXPECT_EQ(identity_of(spool.path_of(kJob)).inode, identity.inode);
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(told, Told::well);
}

TEST_F(SpoolTest, AFullDiskIsAnErrorAndLeavesTheDocumentWhereItIs) {
  const auto identity = drop("a.pdf", std::string(1 << 20, 'x'));
  const auto told = tell_where_mounting_is_allowed([&] {
    ASSERT_EQ(::mount("none", state.path().c_str(), "tmpfs", 0, "size=64k"), 0);
    const auto spool = copying();
    EXPECT_THROW(spool.take("a.pdf", identity, kJob), std::system_error);
    EXPECT_EQ(identity_of(inbox / "a.pdf"), identity);
    EXPECT_THAT(names_in(state / "spool"), IsEmpty());
  });
  if (told == Told::not_allowed_here) GTEST_SKIP() << "mounting is not allowed here";
  EXPECT_EQ(told, Told::well);
}

// --- Writers

TEST_F(SpoolTest, AWriterThatKeepsWritingNeverGetsADocumentTakenThatIsOlderThanTheLook) {
  // The writer appends without a pause: whatever is taken must be whole, and whatever changed is back.
  const auto spool = moving();
  std::atomic<bool> stop = false;
  std::ofstream file(inbox / "a.pdf");
  file << "first" << std::flush;
  std::thread writer([&] {
    while (!stop) file << "more and more" << std::flush;
  });
  int changed = 0;
  for (int i = 0; i < 200; ++i) {
    const auto job = "job" + std::to_string(i);
    const auto outcome = spool.take("a.pdf", identity_of(inbox / "a.pdf"), job);
    if (outcome == Taken::taken) {  // the writer was not scheduled all the while: give it back
      fs::rename(spool.path_of(job), inbox / "a.pdf");
      continue;
    }
    ASSERT_EQ(outcome, Taken::changed);
    ++changed;
    ASSERT_TRUE(fs::exists(inbox / "a.pdf"));
    ASSERT_THAT(spool.job_ids(), IsEmpty());
  }
  stop = true;
  writer.join();
  file.close();
  EXPECT_GT(changed, 0);
  EXPECT_EQ(spool.take("a.pdf", identity_of(inbox / "a.pdf"), kJob), Taken::taken);
  EXPECT_THAT(names_in(inbox.path()), IsEmpty());
}

TEST_F(SpoolTest, AFileThatGrowsWhileItIsCopiedIsNotTaken) {
  const auto spool = copying();
  std::atomic<bool> stop = false;
  std::ofstream file(inbox / "a.pdf");
  file << std::string(4 << 20, 'x') << std::flush;
  std::thread writer([&] {
    while (!stop) file << "more and more" << std::flush;
  });
  int changed = 0;
  for (int i = 0; i < 20; ++i) {
    const auto identity = identity_of(inbox / "a.pdf");
    const auto job = "job" + std::to_string(i);
    if (spool.take("a.pdf", identity, job) == Taken::taken)
      EXPECT_EQ(fs::file_size(spool.path_of(job)), identity.size_bytes);
    else
      ++changed;
  }
  stop = true;
  writer.join();
  EXPECT_GT(changed, 0);
  EXPECT_EQ(names_in(state / "spool").size(), 20u - static_cast<unsigned>(changed))
      << "no half copies are left";
}

}  // namespace
}  // namespace chunkrd::inbox
