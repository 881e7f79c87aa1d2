#include "core/child.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <system_error>

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

}  // namespace
}  // namespace chunkrd
