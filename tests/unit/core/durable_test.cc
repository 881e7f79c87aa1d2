#include "core/durable.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <fstream>
#include <functional>
#include <iterator>
#include <system_error>

#include "tests/support/temporary_folder.h"

namespace chunkrd::durable {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string bytes_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::size_t names_in(const fs::path& folder) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder), {}));
}

std::string error_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const std::system_error& error) {
    return error.what();
  }
  return "(no error)";
}

#ifdef SYS_rename
constexpr int kRename = SYS_rename;
#else
constexpr int kRename = SYS_renameat;  // what rename(3) uses where there is no such call
#endif

// From now on the system call `number` has the seccomp(2) action `action`, in this process and for good.
bool let_do(int number, unsigned action) {
  std::array<sock_filter, 4> program{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(number), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, action),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

bool let_fail(int number, int error) {
  return let_do(number, SECCOMP_RET_ERRNO | static_cast<unsigned>(error));
}

// Runs `work` in a child process whose system is crippled by `cripple`. True if it said so.
bool in_a_crippled_process(const std::function<bool()>& cripple, const std::function<bool()>& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      ::_exit(cripple() && work() ? 0 : 1);
    } catch (...) {
      ::_exit(2);
    }
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0;
}

class Durable : public ::testing::Test {
 protected:
  tests::TemporaryFolder folder;
};

// --- write_file

TEST_F(Durable, AWrittenFileIsReplacedWholeAndLeavesNoOther) {
  write_file(folder / "note", "one");
  write_file(folder / "note", std::string("t\0o", 3));
  EXPECT_EQ(bytes_of(folder / "note"), std::string("t\0o", 3));
  EXPECT_EQ(names_in(folder.path()), 1U);
}

TEST_F(Durable, AFileWithTheLongestNameCanBeWritten) {
  const auto file = folder / std::string(255, 'n');
  write_file(file, "x");
  EXPECT_EQ(bytes_of(file), "x");
}

TEST_F(Durable, WhatACrashHasLeftIsReplacedByTheNextWrite) {
  const auto file = folder / "note";
  const bool finished = in_a_crippled_process([] { return let_do(kRename, SECCOMP_RET_KILL_PROCESS); },
                                              [&] {
                                                write_file(file, "first");
                                                return true;
                                              });
  EXPECT_FALSE(finished);
  EXPECT_EQ(names_in(folder.path()), 1U) << "the temporary file of the crash";
  write_file(file, "second");
  EXPECT_EQ(bytes_of(file), "second");
  EXPECT_EQ(names_in(folder.path()), 1U);
}

TEST_F(Durable, AFullDiskLeavesTheOldFileAndNothingElse) {
  write_file(folder / "note", "old");
  EXPECT_TRUE(in_a_crippled_process(
      [] {
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit small{1000, 1000};
        return ::setrlimit(RLIMIT_FSIZE, &small) == 0;
      },
      [&] {
        return error_of([&] { write_file(folder / "note", std::string(5000, 'x')); }).starts_with("write ") &&
               error_of([&] { copy_to_new("/proc/self/exe", folder / "copy"); }) != "(no error)";
      }));
  EXPECT_EQ(bytes_of(folder / "note"), "old");
  EXPECT_EQ(names_in(folder.path()), 1U);
}

// --- rename_new

TEST_F(Durable, ARenameNeverReplaces) {
  write_file(folder / "a", "a");
  write_file(folder / "b", "b");
  EXPECT_FALSE(rename_new(folder / "a", folder / "b"));
  EXPECT_EQ(bytes_of(folder / "a"), "a");
  EXPECT_EQ(bytes_of(folder / "b"), "b");
  EXPECT_TRUE(rename_new(folder / "a", folder / "c"));
  EXPECT_EQ(bytes_of(folder / "c"), "a");
  EXPECT_FALSE(fs::exists(folder / "a"));
}

TEST_F(Durable, ARenameOfWhatIsNotThereNamesIt) {
  EXPECT_THAT(error_of([&] { rename_new(folder / "a", folder / "b\n"); }),
              ::testing::AllOf(HasSubstr("b%0A"), HasSubstr("No such file or directory")));
}

TEST_F(Durable, WhereTheFilesystemCannotRefuseARenameStillNeverReplaces) {
  write_file(folder / "a", "a");
  write_file(folder / "b", "b");
  fs::create_directory(folder / "folder");
  EXPECT_TRUE(in_a_crippled_process([] { return let_fail(SYS_renameat2, EINVAL); },
                                    [&] {
                                      return !rename_new(folder / "a", folder / "b") &&
                                             rename_new(folder / "a", folder / "c") &&
                                             !rename_new(folder / "folder", folder / "b") &&
                                             rename_new(folder / "folder", folder / "moved");
                                    }));
  EXPECT_EQ(bytes_of(folder / "b"), "b");
  EXPECT_EQ(bytes_of(folder / "c"), "a");
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_TRUE(fs::is_directory(folder / "moved"));
}

TEST_F(Durable, AMoveByLinkThatACrashCutInTwoIsFinished) {
  write_file(folder / "a", "a");
  fs::create_hard_link(folder / "a", folder / "b");
  EXPECT_TRUE(rename_new(folder / "a", folder / "b"));
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_FALSE(rename_new(folder / "b", folder / "b")) << "a file is not removed in favour of itself";
  EXPECT_EQ(bytes_of(folder / "b"), "a");
}

TEST_F(Durable, AMoveByLinkIsFinishedAlsoWhereTheFilesystemCannotRefuse) {
  for (const int refusal : {EINVAL, ENOSYS, EOPNOTSUPP}) {
    write_file(folder / "a", "a");
    fs::create_hard_link(folder / "a", folder / "b");
    EXPECT_TRUE(in_a_crippled_process([&] { return let_fail(SYS_renameat2, refusal); },
                                      [&] { return rename_new(folder / "a", folder / "b"); }));
    EXPECT_FALSE(fs::exists(folder / "a"));
    EXPECT_EQ(bytes_of(folder / "b"), "a");
    fs::remove(folder / "b");
  }
}

TEST_F(Durable, AFileMovesFromOneOpenFolderToAnother) {
  fs::create_directory(folder / "from");
  fs::create_directory(folder / "to");
  write_file(folder / "from/a", "a");
  write_file(folder / "to/b", "b");
  const auto from = open(folder / "from", O_RDONLY | O_DIRECTORY);
  const auto to = open(folder / "to", O_RDONLY | O_DIRECTORY);
  EXPECT_FALSE(rename_new_at(from.get(), "a", to.get(), "b", "a"));
  EXPECT_TRUE(rename_new_at(from.get(), "a", to.get(), "a", "a"));
  EXPECT_EQ(bytes_of(folder / "to/a"), "a");
  EXPECT_THAT(error_of([&] { rename_new_at(from.get(), "a", to.get(), "c", "the document"); }),
              ::testing::AllOf(HasSubstr("the document"), HasSubstr("No such file or directory")));
}

// --- the others

TEST_F(Durable, AFilesystemThatCannotSyncFoldersWillDo) {
  EXPECT_TRUE(in_a_crippled_process([] { return let_fail(SYS_fsync, EINVAL); },
                                    [&] {
                                      sync_directory(folder.path());
                                      return true;
                                    }));
  EXPECT_TRUE(in_a_crippled_process(
      [] { return let_fail(SYS_fsync, EIO); },
      [&] { return error_of([&] { sync_directory(folder.path()); }).starts_with("fsync "); }));
}

TEST_F(Durable, ACopyIsTheSameBytesWithTheSamePermissions) {
  const std::string content(600'000, 'x');
  write_file(folder / "from", content);
  fs::permissions(folder / "from", fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(copy_to_new(folder / "from", folder / "to"), content.size());
  EXPECT_EQ(bytes_of(folder / "to"), content);
  EXPECT_EQ(fs::status(folder / "to").permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(Durable, ACopyReplacesNothingAndFollowsNoLink) {
  write_file(folder / "from", "new");
  write_file(folder / "to", "old");
  fs::create_symlink(folder / "from", folder / "link");
  EXPECT_THAT(error_of([&] { copy_to_new(folder / "from", folder / "to"); }), HasSubstr("File exists"));
  EXPECT_EQ(bytes_of(folder / "to"), "old");
  EXPECT_THAT(error_of([&] { copy_to_new(folder / "link", folder / "other"); }), HasSubstr("link"));
  EXPECT_FALSE(fs::exists(folder / "other"));
}

TEST_F(Durable, FoldersAreMadeWithTheirParentsAndAgain) {
  make_directories(folder / "a/b/c");
  make_directories(folder / "a/b/c/");
  EXPECT_TRUE(fs::is_directory(folder / "a/b/c"));
}

TEST_F(Durable, AFileWhereAFolderShallBeIsNamed) {
  write_file(folder / "a", "");
  EXPECT_THAT(error_of([&] { make_directories(folder / "a"); }), HasSubstr("File exists"));
  EXPECT_THAT(error_of([&] { make_directories(folder / "a/b"); }), HasSubstr("/a"));
  fs::create_symlink(folder / "nowhere", folder / "link");
  EXPECT_THAT(error_of([&] { make_directories(folder / "link"); }), HasSubstr("File exists"));
}

TEST_F(Durable, AFileThatIsGoneIsRemoved) {
  write_file(folder / "a", "");
  remove_file(folder / "a");
  remove_file(folder / "a");
  EXPECT_FALSE(fs::exists(folder / "a"));
  EXPECT_THAT(error_of([&] { remove_file(folder.path()); }), HasSubstr("remove"));
}

TEST_F(Durable, ADescriptorIsClosedByItsOwnerOnly) {
  auto first = open(folder / "a", O_WRONLY | O_CREAT);
  const int number = first.get();
  FileDescriptor second = std::move(first);
  EXPECT_EQ(second.get(), number);
  EXPECT_NE(::fcntl(number, F_GETFD) & FD_CLOEXEC, 0);
  {
    const FileDescriptor last = std::move(second);
  }
  EXPECT_EQ(::fcntl(number, F_GETFD), -1);
}

}  // namespace
}  // namespace chunkrd::durable
