#include "core/lease.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <fstream>

#include "core/durable.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd {
namespace {

class LeaseTest : public testing::Test {
 protected:
  LeaseTest() { std::ofstream(path) << "text"; }

  tests::TemporaryFolder home;
  std::filesystem::path path = home.path() / "file";
};

TEST_F(LeaseTest, SaysThatSomebodyHasTheFileOpenForWriting) {
  const auto reader = durable::open(path, O_RDONLY);
  {
    const auto writer = durable::open(path, O_WRONLY);
    EXPECT_EQ(ReadLease(reader.get()).state(), ReadLease::State::written);
  }
  EXPECT_EQ(ReadLease(reader.get()).state(), ReadLease::State::held);
}

TEST_F(LeaseTest, KeepsOthersFromOpeningItForWritingWhileItIsHeld) {
  const auto reader = durable::open(path, O_RDONLY);
  {
    const ReadLease lease(reader.get());
    ASSERT_EQ(lease.state(), ReadLease::State::held);
    EXPECT_LT(::open(path.c_str(), O_WRONLY | O_NONBLOCK), 0) << "and this process lives on";
    EXPECT_TRUE(durable::open(path, O_RDONLY)) << "who reads is not held up";
  }
  EXPECT_TRUE(durable::open(path, O_WRONLY | O_NONBLOCK));
}

}  // namespace
}  // namespace chunkrd
