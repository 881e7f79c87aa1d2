#include "cli/folder_looks.h"

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <future>

#include "tests/support/temporary_folder.h"
#include "tests/unit/metrics/samples.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

class Folders : public ::testing::Test {
 protected:
  std::string value(const std::string& name, const std::string& role, const std::filesystem::path& path) {
    return metrics::sample(metrics::exposition(metrics_),
                           name + "{folder=\"" + role + "\",path=\"" + path.native() + "\"}");
  }

  asio::io_context loop_;
  metrics::DaemonMetrics metrics_{"1"};
  FilePools files_{1};
  tests::TemporaryFolder folder_;
};

TEST_F(Folders, AreToldWithTheirSpace) {
  FolderLooks looks(loop_.get_executor(), files_, metrics_.folders());
  const auto gone = folder_ / "gone";
  looks.look({{"outbox", folder_.path(), {1}}, {"archive", gone, {1}}});
  loop_.run();
  EXPECT_GT(std::stod(value("chunkrd_folder_free_bytes", "outbox", folder_.path())), 0);
  EXPECT_GE(std::stod(value("chunkrd_folder_size_bytes", "outbox", folder_.path())),
            std::stod(value("chunkrd_folder_free_bytes", "outbox", folder_.path())));
  EXPECT_EQ(value("chunkrd_folder_available", "outbox", folder_.path()), "1");
  EXPECT_EQ(value("chunkrd_folder_available", "archive", gone), "0");
  EXPECT_EQ(value("chunkrd_folder_free_bytes", "archive", gone), "absent");
  looks.look({{"outbox", folder_.path(), {1}}});
  EXPECT_EQ(value("chunkrd_folder_available", "archive", gone), "absent") << "no longer configured";
}

TEST_F(Folders, OnAMountThatHangsAreNotAvailableAndHoldUpNoOthers) {
  FolderLooks looks(loop_.get_executor(), files_, metrics_.folders(), 0ms);
  std::promise<void> mounted_again;
  const auto hang = mounted_again.get_future().share();
  const FileSystems dead{1}, alive{2};
  asio::co_spawn(loop_, files_.run(dead, "somebody", [hang] { hang.wait(); }), asio::detached);
  loop_.poll();
  const auto other = folder_ / "other";
  std::filesystem::create_directory(other);
  const std::vector<pipeline::Folder> folders{{"outbox", folder_.path(), dead}, {"state", other, alive}};
  looks.look(folders);
  const auto end = std::chrono::steady_clock::now() + 30s;
  while (value("chunkrd_folder_available", "state", other) != "1" && std::chrono::steady_clock::now() < end)
    loop_.run_one_for(1s);
  EXPECT_EQ(value("chunkrd_folder_available", "state", other), "1");
  looks.look(folders);
  EXPECT_EQ(value("chunkrd_folder_available", "outbox", folder_.path()), "0");
  mounted_again.set_value();
  loop_.run();
  EXPECT_EQ(value("chunkrd_folder_available", "outbox", folder_.path()), "1")
      << "the look that hung has ended";
}

}  // namespace
}  // namespace chunkrd::cli
