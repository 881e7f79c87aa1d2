// What else a file system, its users and its mounts can do while a document is taken.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <optional>
#include <set>

#include "faulty_looks.h"
#include "folder.h"
#include "inbox/spool.h"
#include "inbox/writers.h"
#include "own_world.h"
#include "tests/support/crippled_kernel.h"
#include "tests/support/fuse_mount.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* kJob = "01jf8z3r5x0123456789abcdef";

std::set<std::string> names_in(const fs::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.insert(entry.path().filename().native());
  return names;
}

struct TakingTest : ::testing::Test {
  Identity drop(const std::string& name, std::string_view text = "a document") {
    write_file(inbox / name, text);
    return identity_of(inbox / name);
  }
  Spool moving() const { return Spool(inbox.path(), state.path(), Spool::Take::move); }
  Spool copying() const { return Spool(inbox.path(), state.path(), Spool::Take::copy); }

  // With another ctime, whatever the kernel's tick.
  void touch_ctime(const std::string& name) {
    const auto before = identity_of(inbox / name);
    do {
      fs::permissions(inbox / name, fs::perms::owner_exec, fs::perm_options::add);
      fs::permissions(inbox / name, fs::perms::owner_exec, fs::perm_options::remove);
    } while (identity_of(inbox / name).ctime_ns == before.ctime_ns);
  }

  TemporaryFolder inbox, state;
};

// --- What cannot be looked at

TEST_F(TakingTest, ALookThatFailsIsAnErrorAndNeitherGoneNorChanged) {
  const auto identity = drop("a.pdf");
  const auto sidecar = drop("b.pdf.chunkr.yaml", "priority: 1");
  const auto with_sidecar = drop("b.pdf");
  for (const int error : {EIO, EACCES, ESTALE})
    for (const auto& spool : {moving(), copying()}) {
      let_looks_fail("a.pdf.chunkr.yaml", error, 1);
      EXPECT_THROW(spool.take(Arrival{"a.pdf", identity}, kJob), std::system_error) << "is there a sidecar?";
      let_looks_fail(kJob, error, 1);
      EXPECT_THROW(spool.take("a.pdf", identity, kJob), std::system_error) << "is it in the spool?";
      let_looks_fail(std::string(kJob) + ".chunkr.yaml", error, 1);
      EXPECT_THROW(spool.take(Arrival{"b.pdf", with_sidecar, sidecar}, kJob), std::system_error);
      let_looks_fail("", 0, 0);
      EXPECT_THAT(names_in(inbox.path()), ElementsAre("a.pdf", "b.pdf", "b.pdf.chunkr.yaml"));
      EXPECT_THAT(spool.job_ids(), IsEmpty());
    }
  EXPECT_EQ(moving().take(Arrival{"a.pdf", identity}, kJob).document, Taken::taken);
}

TEST_F(TakingTest, ALookThatFailsBehindTheMoveIsMadeAgainNextTime) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::rename(inbox / "a.pdf", spool.path_of(kJob));
  let_looks_fail(kJob, EIO, 1);
  EXPECT_THROW(spool.take("a.pdf", identity, kJob), std::system_error);
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
}

// --- What is no change

TEST_F(TakingTest, ADocumentWhoseModeIsChangedMeanwhileIsTaken) {
  const auto identity = drop("a.pdf");
  touch_ctime("a.pdf");
  EXPECT_EQ(moving().take("a.pdf", identity, kJob), Taken::taken);
}

TEST_F(TakingTest, ADocumentThatIsKeptIsTakenUnderTheIdentityThatItHas) {
  const auto identity = drop("a.pdf");
  touch_ctime("a.pdf");
  EXPECT_EQ(copying().take("a.pdf", identity, kJob), Taken::changed)
      << "the next scan would take it for another document";
  EXPECT_EQ(copying().take("a.pdf", identity_of(inbox / "a.pdf"), kJob), Taken::taken);
}

TEST_F(TakingTest, HardLinksInTheInboxAreTakenOneAfterTheOther) {
  drop("0.pdf");
  for (const char* name : {"1.pdf", "2.pdf", "3.pdf"}) fs::create_hard_link(inbox / "0.pdf", inbox / name);
  const auto identity = identity_of(inbox / "0.pdf");
  const auto spool = moving();
  for (const std::string name : {"0.pdf", "1.pdf", "2.pdf", "3.pdf"}) {
    EXPECT_EQ(spool.take(name, identity, "job-" + name), Taken::taken) << name;
    EXPECT_FALSE(fs::exists(inbox / name));
    EXPECT_EQ(read_file(spool.path_of("job-" + name)), "a document");
  }
}

// --- Times that nanoseconds since 1970 cannot hold, or that are before it

TEST_F(TakingTest, FarTimesAreTimes) {
  for (const std::int64_t seconds : {std::int64_t{32'503'680'000}, std::int64_t{-2},
                                     std::int64_t{-2'000'000'000}, std::int64_t{-30'610'224'000}}) {
    const TemporaryFolder far_inbox("/dev/shm");  // ext4 ends in 2446
    write_file(far_inbox / "a.pdf", "a document");
    const timespec times[] = {{.tv_sec = 0, .tv_nsec = UTIME_OMIT}, {.tv_sec = seconds, .tv_nsec = 5}};
    ASSERT_EQ(::utimensat(AT_FDCWD, (far_inbox / "a.pdf").c_str(), times, 0), 0);
    const auto identity = identity_of(far_inbox / "a.pdf");
    const auto job = std::to_string(seconds);
    EXPECT_EQ(Spool(far_inbox.path(), state.path(), Spool::Take::copy).take("a.pdf", identity, job),
              Taken::taken);
    const Spool moving_spool(far_inbox.path(), state.path(), Spool::Take::move);
    EXPECT_EQ(moving_spool.take("a.pdf", identity, job), Taken::taken) << seconds;
    EXPECT_EQ(moving_spool.take("a.pdf", identity, job), Taken::taken) << "again, after a crash";
  }
}

// --- Who still writes

TEST_F(TakingTest, ADocumentThatSomebodyHasOpenForWritingGoesBack) {
  const auto identity = drop("a.pdf");
  std::ofstream scanner(inbox / "a.pdf", std::ios::app);
  const auto spool = moving();
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::changed);
  EXPECT_THAT(spool.job_ids(), IsEmpty());
  scanner << ", second half";
  scanner.close();
  EXPECT_EQ(spool.take("a.pdf", identity_of(inbox / "a.pdf"), kJob), Taken::taken);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document, second half");
}

TEST_F(TakingTest, WhoReadsIsNoWriterAndWhatIsNoFileIsNotOpened) {
  drop("a.pdf");
  ASSERT_EQ(::mkfifo((inbox / "pipe").c_str(), 0600), 0);
  const FileDescriptor folder(::open(inbox.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const std::ifstream reader(inbox / "a.pdf");
  EXPECT_EQ(writers_of(folder.get(), "a.pdf"), Writers::none);
  EXPECT_EQ(writers_of(folder.get(), "pipe"), Writers::unknown);
  EXPECT_EQ(writers_of(folder.get(), "missing"), Writers::unknown);
  {
    const std::ofstream writer(inbox / "a.pdf", std::ios::app);
    EXPECT_EQ(writers_of(folder.get(), "a.pdf"), Writers::some);
  }
  EXPECT_EQ(writers_of(folder.get(), "a.pdf"), Writers::none);
}

TEST_F(TakingTest, OfOtherUsersFilesNobodySaysWhoWrites) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  drop("a.pdf");
  fs::permissions(inbox.path(), fs::perms(0777));
  const FileDescriptor folder(::open(inbox.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_EQ(::seteuid(65534), 0);
  const auto writers = writers_of(folder.get(), "a.pdf");
  ASSERT_EQ(::seteuid(0), 0);
  EXPECT_EQ(writers, Writers::unknown);
}

// --- Who may take it

TEST_F(TakingTest, OthersFilesInAStickyFolderAreForbiddenAndStay) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to be somebody else";
  const auto identity = drop("a.pdf");
  const auto sidecar = drop("b.pdf.chunkr.yaml", "priority: 1");
  const auto ours = drop("b.pdf");
  ASSERT_EQ(::chown((inbox / "b.pdf").c_str(), 65534, 65534), 0);
  const auto ours_now = identity_of(inbox / "b.pdf");
  EXPECT_TRUE(ours_now.same_content(ours));
  fs::permissions(state.path(), fs::perms(0777));
  ASSERT_EQ(::chmod(inbox.path().c_str(), 01777), 0);
  ASSERT_EQ(::seteuid(65534), 0);
  const auto spool = moving();
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::forbidden);
  EXPECT_EQ(spool.take(Arrival{"b.pdf", ours_now, sidecar}, "other").document, Taken::forbidden)
      << "not without its sidecar, which is somebody else's";
  EXPECT_THAT(spool.job_ids(), IsEmpty());
  ASSERT_EQ(::seteuid(0), 0);
  ASSERT_EQ(::chmod(inbox.path().c_str(), 0777), 0);
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
}

// --- File systems that cannot rename without replacing

void take_in_every_way(const TemporaryFolder& inbox, const TemporaryFolder& state) {
  const Spool spool(inbox.path(), state.path(), Spool::Take::move);
  write_file(inbox / "a.pdf", "a document");
  EXPECT_EQ(spool.take("a.pdf", identity_of(inbox / "a.pdf"), kJob), Taken::taken);
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
  EXPECT_FALSE(fs::exists(inbox / "a.pdf"));

  write_file(inbox / "b.pdf", "a document");
  const auto identity = identity_of(inbox / "b.pdf");
  fs::rename(inbox / "b.pdf", spool.path_of("b"));
  append(spool.path_of("b"), ", longer now");
  write_file(inbox / "b.pdf", "the next one");
  EXPECT_EQ(spool.take("b.pdf", identity, "b"), Taken::changed);
  EXPECT_EQ(read_file(inbox / "b.pdf"), "the next one") << "what goes back replaces nothing";
  EXPECT_EQ(read_file(inbox / "b.b.pdf"), "a document, longer now");

  const Spool copying(inbox.path(), state.path(), Spool::Take::copy);
  EXPECT_EQ(copying.take("b.pdf", identity_of(inbox / "b.pdf"), "c"), Taken::taken);
  EXPECT_EQ(read_file(copying.path_of("c")), "the next one");
}

TEST_F(TakingTest, WorksWhereAFileSystemCannotRefuseToReplace) {
  EXPECT_EQ(tell_in_own_process([] { return tests::let_call_fail(SYS_renameat2, EINVAL); },
                                [&] { take_in_every_way(inbox, state); }),
            Told::well);
}

TEST_F(TakingTest, WorksWhereThereAreNoHardLinksEither) {
  EXPECT_EQ(tell_in_own_process(
                [] {
                  return tests::let_call_fail(SYS_renameat2, EINVAL) &&
                         tests::let_call_fail(SYS_linkat, EPERM);
                },
                [&] { take_in_every_way(inbox, state); }),
            Told::well);
}

TEST_F(TakingTest, AMoveByLinkThatACrashHasCutInTwoIsOneDocument) {
  const auto identity = drop("a.pdf");
  const auto spool = moving();
  fs::create_hard_link(inbox / "a.pdf", spool.path_of(kJob));
  EXPECT_EQ(spool.take("a.pdf", identity, kJob), Taken::taken);
  EXPECT_THAT(names_in(inbox.path()), IsEmpty()) << "or it would be taken, and paid for, a second time";
  EXPECT_EQ(read_file(spool.path_of(kJob)), "a document");
}

TEST_F(TakingTest, WorksOnARealFuseMount) {
  const tests::FuseMount mount(inbox.path());
  if (!mount.is_there()) GTEST_SKIP() << "bindfs is not installed, or mounting is not allowed here";
  ASSERT_NE(identity_of(inbox.path()).device, identity_of(state.path()).device);
  write_file(inbox / "x", "x");
  ASSERT_NE(::renameat2(AT_FDCWD, (inbox / "x").c_str(), AT_FDCWD, (inbox / "y").c_str(), RENAME_NOREPLACE),
            0)
      << "this mount proves nothing";
  take_in_every_way(inbox, state);
}

}  // namespace
}  // namespace chunkrd::inbox
