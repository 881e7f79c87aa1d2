#include "cli/state_lock.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "core/errors.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::cli {
namespace {

TEST(TheStateLock, IsHeldByOneAtATime) {
  const tests::TemporaryFolder state;
  std::optional<StateLock> lock(std::in_place, state.path());
  EXPECT_THROW(StateLock(state.path()), UserError);
  lock.reset();
  EXPECT_NO_THROW(StateLock(state.path()));
}

TEST(TheStateLock, CanBeAskedForWithoutTakingIt) {
  const tests::TemporaryFolder state;
  EXPECT_FALSE(StateLock::is_held(state.path()));
  EXPECT_FALSE(StateLock::is_held(state / "missing"));
  EXPECT_TRUE(std::filesystem::is_empty(state.path())) << "asking made something";
  {
    const StateLock lock(state.path());
    EXPECT_TRUE(StateLock::is_held(state.path()));
    EXPECT_TRUE(StateLock::is_held(state.path())) << "asking let it go";
    EXPECT_THROW(StateLock(state.path()), UserError);
  }
  EXPECT_FALSE(StateLock::is_held(state.path()));
}

TEST(TheStateLock, TellsWhyTheQueueCannotBeUsedAndSinceWhen) {
  using Cause = queue::StoreUnavailable::Cause;
  const tests::TemporaryFolder state;
  EXPECT_EQ(StateLock::told(state.path()), std::nullopt);
  EXPECT_TRUE(std::filesystem::is_empty(state.path())) << "asking made something";
  {
    StateLock lock(state.path());
    EXPECT_EQ(StateLock::told(state.path()), std::nullopt);
    for (const Cause cause : {Cause::full, Cause::locked, Cause::refused}) {
      const StateLock::Trouble trouble{cause, WallTime(std::chrono::seconds(1'790'000'000))};
      lock.tell(trouble);
      EXPECT_EQ(StateLock::told(state.path()), trouble);
    }
    lock.tell(std::nullopt);
    EXPECT_EQ(StateLock::told(state.path()), std::nullopt);
    EXPECT_TRUE(StateLock::is_held(state.path())) << "what was told let it go";
    lock.tell(StateLock::Trouble{Cause::full, WallTime(std::chrono::seconds(1))});
  }
  EXPECT_EQ(StateLock::told(state.path()), std::nullopt) << "it ends with the daemon";
}

TEST(TheStateLock, WhoseFileIsTakenAwayIsTakenAgainUnlessAnotherWasQuicker) {
  const tests::TemporaryFolder state;
  StateLock lock(state.path());
  std::filesystem::remove(state / "lock");
  EXPECT_FALSE(StateLock::is_held(state.path()));
  lock.hold_on();
  EXPECT_TRUE(StateLock::is_held(state.path()));
  lock.hold_on();
  EXPECT_TRUE(StateLock::is_held(state.path()));
  std::filesystem::remove(state / "lock");
  const StateLock other(state.path());
  EXPECT_THROW(lock.hold_on(), UserError);
}

TEST(ACommandThatWrites, IsNoDaemon) {
  const tests::TemporaryFolder state;
  const auto command = CommandLock::unless_daemon_runs(state.path());
  ASSERT_TRUE(command);
  EXPECT_FALSE(StateLock::is_held(state.path())) << "status would say that a daemon runs";
}

TEST(ACommandThatWrites, LeavesTheQueueToADaemonThatRuns) {
  const tests::TemporaryFolder state;
  const StateLock daemon(state.path());
  EXPECT_FALSE(CommandLock::unless_daemon_runs(state.path()));
}

TEST(ADaemonThatStarts, WaitsForTheCommandThatWrites) {
  const tests::TemporaryFolder state;
  auto command = CommandLock::unless_daemon_runs(state.path());
  ASSERT_TRUE(command);
  auto starts = std::async(std::launch::async, [&] { return std::make_unique<StateLock>(state.path()); });
  while (!StateLock::is_held(state.path())) std::this_thread::yield();
  EXPECT_EQ(starts.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  command.reset();
  EXPECT_EQ(starts.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_FALSE(CommandLock::unless_daemon_runs(state.path())) << "it comes before the next command";
}

}  // namespace
}  // namespace chunkrd::cli
