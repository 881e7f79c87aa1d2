// kill -9 in the middle of writing: the database is whole, and what was acknowledged is there.
#include <SQLiteCpp/Database.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <map>

#include "core/fd.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/queue/jobs.h"

namespace chunkrd::queue {
namespace {

namespace fs = std::filesystem;

// "Job `number` has been in `state`, durably."
struct Acknowledgement {
  int number;
  State state;
};

// The child: one transaction after the other, each a new job and the one before made ready, and an
// acknowledgement of both once the transaction is durable. Ends only by a signal.
[[noreturn]] void write_until_killed(const fs::path& file, int first, int pipe) {
  try {
    SqliteStore store(file);
    for (int number = first;; ++number) {
      std::vector<Change> changes{insertion(found(number))};
      if (number > first) changes.emplace_back(moved(found(number - 1), State::ready));
      for (const bool applied : store.apply(changes, at(number)))
        if (!applied) ::_exit(2);
      const std::array<Acknowledgement, 2> both{{{number, State::claiming}, {number - 1, State::ready}}};
      const std::size_t size = (number > first ? 2 : 1) * sizeof(Acknowledgement);
      if (::write(pipe, both.data(), size) != static_cast<ssize_t>(size)) ::_exit(3);
    }
  } catch (...) {
    ::_exit(4);
  }
}

class Killed : public ::testing::Test {
 protected:
  // Starts a writer, kills it after `acknowledgements`, and notes everything it has acknowledged.
  void write_and_kill(int first, int acknowledgements) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const FileDescriptor read_end(ends[0]);
    FileDescriptor write_end(ends[1]);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) write_until_killed(file, first, write_end.get());
    write_end = FileDescriptor();  // so that reading ends with the child

    Acknowledgement told{};
    int count = 0;
    while (::read(read_end.get(), &told, sizeof told) == sizeof told) {
      acknowledged[told.number] = told.state;
      if (++count == acknowledgements) ASSERT_EQ(::kill(child, SIGKILL), 0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself with " << WEXITSTATUS(status);
  }

  std::string asked(const std::string& query) {
    return SQLite::Database(file.native()).execAndGet(query).getString();
  }

  tests::TemporaryFolder folder;
  const fs::path file = folder / "queue.db";
  std::map<int, State> acknowledged;
};

TEST_F(Killed, InMidWriteItKeepsEveryAcknowledgedChangeAndNoHalfTransaction) {
  for (int round = 0; round < 12; ++round) {
    write_and_kill(round * 100'000, 1 + round * 37);
    if (HasFatalFailure()) return;

    SqliteStore store(file);  // quick_check included
    for (const auto& [number, state] : acknowledged) {
      const auto job = store.find(found(number).id);
      ASSERT_TRUE(job) << "job " << number << " was acknowledged and is lost";
      EXPECT_GE(job->state, state) << "job " << number;
      EXPECT_EQ(store.events(job->id).size(), static_cast<std::size_t>(job->lease) + 1) << "job " << number;
    }
    // The newest job and the readiness of the one before came in one transaction: in each round exactly
    // one job, the last, is still claiming.
    EXPECT_EQ(store.counts().at(static_cast<std::size_t>(State::claiming)), round + 1);
    EXPECT_EQ(asked("SELECT (SELECT sum(n) FROM counts) = (SELECT count(*) FROM jobs)"), "1");
    EXPECT_EQ(asked("PRAGMA integrity_check"), "ok");
  }
}

}  // namespace
}  // namespace chunkrd::queue
