// A machine that has run out of something: the document is not blamed, and nobody is left waiting for ever.
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/object.hpp>
#include <fstream>

#include "core/fd.h"
#include "local/server/parser_process.h"
#include "tests/support/sanitizer.h"
#include "tests/unit/local/server/fixture.h"

namespace chunkrd::local::server::test {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr const char* kParsed = R"sh(echo '{"page_count": 1, "chunks": []}' > "$out/output.json")sh";

/// The state folder is a file system of its own, and small.
class FullDisk : public ServerTest {
 protected:
  FullDisk() {
    fs::create_directories(options_.state);
    // In a view of its own, which goes with this process.
    is_mounted_ = ::unshare(CLONE_NEWNS) == 0 &&
                  ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                  ::mount("none", options_.state.c_str(), "tmpfs", 0, "size=4m") == 0;
  }
  ~FullDisk() override {
    stop();
    if (is_mounted_) ::umount2(options_.state.c_str(), MNT_DETACH);
  }
  void SetUp() override {
    if (!is_mounted_) GTEST_SKIP() << "may not mount";
  }
  /// Takes all space but `left` bytes.
  void fill(std::size_t left = 0) const {
    const auto space = fs::space(options_.state).available;
    std::ofstream file(options_.state / "filler", std::ios::app);
    if (space > left) file << std::string(space - left, 'x');
  }
  void free() const { fs::remove(options_.state / "filler"); }
  std::size_t folders_of_tasks() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(options_.state / "tasks"), {}));
  }

  bool is_mounted_ = false;
};

TEST_F(FullDisk, ACreateIsToldSoAndLeavesNothing) {
  start();
  const auto body = fmt::format(R"({{"file": "{}"}})", base64_of(std::string(6 << 20, 'a')));
  const Reply reply = post(body);
  EXPECT_EQ(reply.status, 507U);
  EXPECT_THAT(reply.body, HasSubstr("disk of the machine that runs chunkr-local is full"));
  EXPECT_TRUE(fs::is_empty(options_.state / "incoming"));
  EXPECT_EQ(folders_of_tasks(), 0U);
  EXPECT_TRUE(reaches(create("small.txt"), "Succeeded")) << "there is room for that";
}

TEST_F(FullDisk, ATaskThatCannotBeWrittenDownLeavesNoFiles) {
  start();
  fill();
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 507U);
  EXPECT_EQ(folders_of_tasks(), 0U);
  free();
  EXPECT_EQ(post(R"({"file": "YQ=="})").status, 200U);
}

TEST_F(FullDisk, ATaskCanBeDeletedToFreeIt) {
  start();
  const Reply reply = post(fmt::format(R"({{"file": "{}"}})", base64_of(std::string(300 << 10, 'a'))));
  const auto id = text(reply.json(), "task_id");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  fill();
  EXPECT_EQ(client().send("DELETE", "/api/v1/task/" + id).status, 200U);
  EXPECT_EQ(read(id).status, 404U);
}

TEST_F(FullDisk, AResultThatFindsNoRoomIsNoCrashAndTheNextAttemptSucceeds) {
  parser(fmt::format(
      "if [ -e '{}' ]; then head -c 8000000 /dev/zero > \"$out/much\" 2>/dev/null || {{ echo 'The "
      "disk is full' > '{}'; rm \"$out/much\"; echo 'The disk is full' > \"$out/error.txt\"; exit "
      "71; }}; fi; {}",
      (folder_ / "greedy").string(), (folder_ / "told").string(), kParsed));
  std::ofstream(folder_ / "greedy") << "x";
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Failed"));
  EXPECT_EQ(message_of(id), "The disk is full");
  fs::remove(folder_ / "greedy");
  EXPECT_EQ(patch(id, "{}").status, 200U);
  EXPECT_TRUE(reaches(id, "Succeeded"));
}

TEST_F(FullDisk, TheEndOfATaskIsWrittenDownWhenThereIsRoomAgain) {
  parser(fmt::format("touch '{0}'; until [ -e '{1}' ]; do sleep 0.01; done; exit 2",
                     (folder_ / "busy").string(), (folder_ / "go").string()));
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(becomes_true([&] { return fs::exists(folder_ / "busy"); }));
  fill();
  std::ofstream(folder_ / "go") << "x";
  free();
  EXPECT_TRUE(reaches(id, "Failed"));
}

class Shortage : public ServerTest {};

TEST_F(Shortage, OfTheParserIsToldInItsWordsAndAMissingProgramToo) {
  parser(
      "case $(cat \"$order\") in *short*) code=71;; *) code=69;; esac\n"
      "if ! grep -q mute \"$order\"; then echo \"code $code\" > \"$out/error.txt\"; fi; exit $code");
  start();
  const auto message_for = [&](std::string_view name) {
    const auto id = create(name);
    EXPECT_TRUE(reaches(id, "Failed"));
    return message_of(id);
  };
  EXPECT_EQ(message_for("short.txt"), "code 71");
  EXPECT_EQ(message_for("missing.txt"), "code 69");
  EXPECT_THAT(message_for("short-mute.txt"), HasSubstr("short of something"));
  EXPECT_THAT(message_for("missing-mute.txt"), HasSubstr("not installed"));
}

TEST_F(Shortage, OfDescriptorsIsAnAnswerAndPasses) {
  if (tests::kSanitizerNeedsDescriptors) GTEST_SKIP() << "the sanitizer cannot do without descriptors";
  start();
  const auto id = create("a.txt");
  ASSERT_TRUE(reaches(id, "Succeeded"));
  Client client(port());
  ASSERT_EQ(client.get("/health").status, 200U);
  std::vector<FileDescriptor> taken;
  rlimit before{};
  ::getrlimit(RLIMIT_NOFILE, &before);
  const rlimit few{.rlim_cur = 200, .rlim_max = before.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &few);
  while (true) {
    FileDescriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    if (!one) break;
    taken.push_back(std::move(one));
  }
  const Reply reply = client.send("POST", "/api/v1/task/parse", R"({"file": "YQ=="})");
  EXPECT_EQ(reply.status, 503U);
  EXPECT_THAT(reply.body, HasSubstr("short of something"));
  taken.clear();
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(client.send("POST", "/api/v1/task/parse", R"({"file": "YQ=="})").status, 200U);
}

/// Whether the process is no more; a zombie is not.
bool is_gone(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  std::string line;
  return !std::getline(stat, line) || line.contains(") Z ");
}

TEST(ParserProcess, IsGoneWithAllItStartedWhenWhoStartedItIsKilled) {
  const fs::path folder = fs::path(testing::TempDir()) / fmt::format("orphan-{}", ::getpid());
  fs::create_directories(folder);
  std::ofstream(folder / "parser")
      << "#!/bin/sh\nsleep 1000 &\necho $! > \"$(dirname \"$0\")/grandchild.tmp\"\n"
         "mv \"$(dirname \"$0\")/grandchild.tmp\" \"$(dirname \"$0\")/grandchild\"\n"
         "wait\n";
  fs::permissions(folder / "parser", fs::perms::owner_all);
  const pid_t starter = ::fork();
  if (starter == 0) {
    try {
      run_parser(folder / "parser", folder / "order", folder, {}, ::eventfd(0, EFD_CLOEXEC),
                 [](const auto&) {});
    } catch (...) {
    }
    ::_exit(0);
  }
  ASSERT_TRUE(becomes_true([&] { return fs::exists(folder / "grandchild"); }));
  std::string grandchild;
  std::ifstream(folder / "grandchild") >> grandchild;
  ASSERT_FALSE(is_gone(grandchild));
  ::kill(starter, SIGKILL);
  ::waitpid(starter, nullptr, 0);
  EXPECT_TRUE(becomes_true([&] { return is_gone(grandchild); }));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace chunkrd::local::server::test
