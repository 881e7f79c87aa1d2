#include "core/child.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

#include "core/fd.h"

namespace chunkrd {
namespace {

using std::chrono::milliseconds;

TEST(Child, TellsWhatItWroteAndHowItEnded) {
  const auto result = run_child({"sh", "-c", "echo out; echo wrong >&2; exit 3"});
  EXPECT_EQ(result.end, ChildResult::End::exited);
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\n");
  EXPECT_EQ(result.errors, "wrong\n");
  EXPECT_FALSE(result.ok());
}

TEST(Child, PassesArgumentsAsTheyAre) {
  EXPECT_EQ(run_child({"printf", "%s|", "a b", "$HOME", "x\ny", "'"}).output, "a b|$HOME|x\ny|'|");
}

TEST(Child, ThatCrashesIsToldFromOneThatFails) {
  const auto result = run_child({"sh", "-c", "kill -SEGV $$"});
  EXPECT_EQ(result.end, ChildResult::End::signalled);
  EXPECT_EQ(result.exit_code, SIGSEGV);
}

TEST(Child, IsKilledWhenItsTimeIsOver) {
  const auto result = run_child({"sleep", "600"}, {.time = milliseconds{50}});
  EXPECT_EQ(result.end, ChildResult::End::timed_out);
}

TEST(Child, IsKilledWhenItWritesTooMuch) {
  const auto result = run_child({"yes"}, {.output_bytes = 1000});
  EXPECT_EQ(result.end, ChildResult::End::too_long);
}

TEST(Child, MayWriteJustAsMuchAsAllowed) {
  EXPECT_TRUE(run_child({"printf", "12345"}, {.output_bytes = 5}).ok());
}

TEST(Child, ThatIsNotInstalledIsAnError) {
  EXPECT_THROW(run_child({"no-such-program-of-ours"}), std::system_error);
}

TEST(Child, HasNothingToRead) {
  EXPECT_EQ(run_child({"cat"}).output, "");
}

// A group of its own, with a limit of 200 ms.
ChildResult run_apart(const std::string& script, milliseconds time = milliseconds{200}) {
  return run_child({"sh", "-c", script},
                   {.time = time, .output_bytes = 1000, .too_long = ChildLimits::TooLong::cut},
                   {.input = "all of it\n",
                    .environment = std::vector<std::string>{"PATH=/usr/bin:/bin", "A=b c"},
                    .group = ChildSurroundings::Group::own});
}

bool runs(const std::string& pid) {
  std::ifstream stat("/proc/" + pid + "/stat");
  const std::string text((std::istreambuf_iterator<char>(stat)), {});
  const auto name_end = text.rfind(')');
  return name_end != std::string::npos && text.substr(name_end + 2, 1) != "Z";
}

// Who was killed is gone a moment later.
bool comes_to_its_end(const std::string& pid) {
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (runs(pid) && std::chrono::steady_clock::now() < limit) std::this_thread::sleep_for(milliseconds(5));
  return !runs(pid);
}

TEST(Child, ReadsWhatItIsGivenOrDoesNot) {
  EXPECT_EQ(run_apart("cat", milliseconds{10'000}).output, "all of it\n");
  EXPECT_TRUE(run_apart("exit 0", milliseconds{10'000}).ok());
}

TEST(Child, HasTheEnvironmentThatItIsGiven) {
  EXPECT_EQ(run_apart("echo $A; env | grep -c HOME", milliseconds{10'000}).output, "b c\n0\n");
}

TEST(Child, InheritsNoDescriptor) {
  const FileDescriptor leaky(::open("/dev/null", O_RDONLY));  // NOLINT: without O_CLOEXEC, as libraries do
  ASSERT_TRUE(leaky);
  EXPECT_EQ(run_apart("ls /proc/self/fd | wc -l", milliseconds{10'000}).output, "4\n")
      << "the last one is of ls";
}

TEST(Child, IsToldOfABrokenPipeAlthoughWeAreNot) {
  ::signal(SIGPIPE, SIG_IGN);
  EXPECT_EQ(run_apart("yes | head -n 1; kill -PIPE $$; echo deaf", milliseconds{10'000}).output, "y\n");
}

TEST(Child, IsKilledWithItsWholeGroupWhenItsTimeIsOver) {
  const auto result = run_apart("sleep 600 & echo $!; wait", milliseconds{1000});
  ASSERT_FALSE(result.output.empty());
  EXPECT_EQ(result.end, ChildResult::End::timed_out);
  EXPECT_TRUE(comes_to_its_end(result.output.substr(0, result.output.find('\n'))));
}

TEST(Child, ThatDoesNotHearSigtermIsKilledAllTheSame) {
  EXPECT_EQ(run_apart("trap '' TERM; while :; do sleep 600; done").end, ChildResult::End::timed_out);
}

TEST(Child, ThatHasClosedItsStreamsIsStillInTime) {
  EXPECT_EQ(run_apart("exec >&- 2>&-; sleep 600").end, ChildResult::End::timed_out);
}

TEST(Child, IsOverWhenItEndsWhateverItHasLeftRunning) {
  const auto begin = std::chrono::steady_clock::now();
  const auto result = run_apart("sleep 600 & echo $!; exit 7", milliseconds{60'000});
  EXPECT_EQ(result.end, ChildResult::End::exited);
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_TRUE(comes_to_its_end(result.output.substr(0, result.output.find('\n'))));
  const auto escaped = run_apart("setsid sleep 5 & exit 0", milliseconds{60'000});
  EXPECT_TRUE(escaped.ok()) << "who left the group holds our pipe";
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(4));
}

TEST(Child, MaySayMoreThanIsKept) {
  const auto result = run_apart("yes | head -c 100000", milliseconds{60'000});
  EXPECT_TRUE(result.ok());
  EXPECT_EQ(result.output.size(), 1000u);
}

}  // namespace
}  // namespace chunkrd
