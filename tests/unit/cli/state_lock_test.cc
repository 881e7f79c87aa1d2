#include "cli/state_lock.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>

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

}  // namespace
}  // namespace chunkrd::cli
