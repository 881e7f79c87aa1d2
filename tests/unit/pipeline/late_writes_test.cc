// Whoever goes on writing to a document after it was given up.
#include "pipeline/late_writes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <span>

#include "pipeline/report.h"
#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using queue::State;

class LateWriting : public ::testing::Test {
 protected:
  // Given up, with its report beside it.
  queue::Job give_up(const std::string& content) {
    const fs::path file = world.folder / "failed/a.txt";
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
    queue::Job job = queue::found(1, world.clock.now());
    job.inbox = (world.folder / "inbox").native();
    job.name = job.original_name = "a.txt";
    job.state = State::failed;
    job.took = queue::Took::moved;
    job.error_code = content.empty() ? "empty_file" : "task_failed";
    job.size_bytes = content.size();
    job.shelf = file.parent_path();
    job.source_identity = identity_of(file);
    job.sha256 = digest_of(file);
    std::ofstream(file.native() + ".error.json") << failure_report(job, world.clock.now());
    const queue::Change change = queue::insertion(job);
    world.store.apply(std::span(&change, 1), world.clock.now());
    return world.store.find(job.id).value();
  }

  static std::string identity_of(const fs::path& file) {
    struct stat status{};
    EXPECT_EQ(::stat(file.c_str(), &status), 0);
    return inbox::Identity::of(status).text();
  }
  static std::string digest_of(const fs::path& path) {
    const FileDescriptor file(::open(path.c_str(), O_RDONLY));
    return sha256_of(file.get(), path, UINT64_MAX).sha256;
  }

  void start() { late.emplace(world.context, world.scheduler, world.loop.get_executor()); }
  void look() {
    bool over = false;
    asio::co_spawn(world.loop, late->look(), [&](const std::exception_ptr&) { over = true; });
    EXPECT_TRUE(world.until([&] { return over && !late->is_looking(); }));
  }
  void look_anew() {
    start();
    for (int i = 0; i < 3; ++i) look();
  }
  State state_of(const queue::Job& job) { return world.store.find(job.id)->state; }

  const fs::path& folder() const { return world.folder; }

  SmallWorld world;
  std::optional<LateWrites> late;
};

TEST_F(LateWriting, APlaceholderThatIsFilledInFailedIsTriedAgain) {
  const queue::Job job = give_up("");
  start();
  look();
  EXPECT_EQ(state_of(job), State::failed) << "nothing has changed";
  std::ofstream(folder() / "failed/a.txt", std::ios::app) << "at last";
  start();
  look();
  EXPECT_EQ(state_of(job), State::failed) << "it may not be whole yet";
  look();
  EXPECT_EQ(state_of(job), State::retrying);
  EXPECT_EQ(world.store.events(job.id).back().event.what, "written_to");
}

TEST_F(LateWriting, OneThatStillGrowsWaits) {
  const queue::Job job = give_up("half");
  start();
  for (int i = 0; i < 4; ++i) {
    std::ofstream(folder() / "failed/a.txt", std::ios::app) << "more";
    look();
    EXPECT_EQ(state_of(job), State::failed);
  }
  look();
  EXPECT_EQ(state_of(job), State::retrying);
}

TEST_F(LateWriting, OneThatSomebodyHasOpenForWritingWaits) {
  const queue::Job job = give_up("half");
  start();
  {
    std::ofstream writer(folder() / "failed/a.txt", std::ios::app);
    writer << "more" << std::flush;
    for (int i = 0; i < 3; ++i) look();
    EXPECT_EQ(state_of(job), State::failed);
  }
  look();
  EXPECT_EQ(state_of(job), State::retrying);
}

TEST_F(LateWriting, ATouchAnotherFileOfItsNameAndAnotherDocumentsReportChangeNothing) {
  const queue::Job job = give_up("whole");
  const fs::path file = folder() / "failed/a.txt";
  fs::last_write_time(file, fs::file_time_type::clock::now() + std::chrono::hours(1));
  look_anew();
  EXPECT_EQ(state_of(job), State::failed) << "the same bytes";
  std::ofstream(file, std::ios::app) << "more";
  queue::Job another = job;
  another.id = "another";
  std::ofstream(file.native() + ".error.json") << failure_report(another, world.clock.now());
  look_anew();
  EXPECT_EQ(state_of(job), State::failed) << "another document's";
  std::ofstream(file.native() + ".error.json") << failure_report(job, world.clock.now());
  std::ofstream(folder() / "mended.txt") << "mended by a person";
  fs::rename(folder() / "mended.txt", file);
  look_anew();
  EXPECT_EQ(state_of(job), State::failed) << "another file: a person says when it is to be tried";
}

}  // namespace
}  // namespace chunkrd::pipeline
