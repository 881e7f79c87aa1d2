// Whatever lies in an inbox comes to a row that works on it, whatever the queue knows of it already and by
// whatever way it has come there. Real folders, a real queue, the real inbox and claim step; nothing is
// submitted.
#include "pipeline/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>
#include <cerrno>
#include <fstream>
#include <memory>
#include <optional>

#include "core/sha256.h"
#include "inbox/tree.h"
#include "pipeline/gate.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/support/loop.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/inbox/faulty_looks.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using config::Originals;
using inbox::Reception;
using queue::Job;
using queue::State;

class Silent final : public Observer {
 public:
  void on_transition(State, const Job&) override {}
  void on_pause(Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(Pruned, std::size_t) override {}
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}
};

// Nobody asks it: submits are paused.
class NoService final : public taskapi::Client {
 public:
  template <class Value>
  using Answer = awaitable<taskapi::Answer<Value>>;
  Answer<taskapi::Task> create(taskapi::CreateRequest) override { return none<taskapi::Task>(); }
  Answer<taskapi::Task> get(std::string) override { return none<taskapi::Task>(); }
  Answer<taskapi::Saved> get_result(std::string, taskapi::NewFile) override { return none<taskapi::Saved>(); }
  Answer<taskapi::Saved> download(std::string, taskapi::NewFile) override { return none<taskapi::Saved>(); }
  Answer<taskapi::Task> update(std::string, std::string) override { return none<taskapi::Task>(); }
  Answer<taskapi::Accepted> cancel(std::string) override { return none<taskapi::Accepted>(); }
  Answer<taskapi::Accepted> remove(std::string) override { return none<taskapi::Accepted>(); }
  Answer<taskapi::TaskPage> list(taskapi::ListQuery) override { return none<taskapi::TaskPage>(); }
  Answer<taskapi::Accepted> health() override { return none<taskapi::Accepted>(); }

 private:
  template <class Value>
  static Answer<Value> none() {
    throw std::logic_error("the service was asked");
  }
};

config::Settings settings_in(const fs::path& folder, Originals originals) {
  config::Settings settings;
  settings.state = folder / "state";
  config::Inbox inbox;
  inbox.path = folder / "inbox";
  inbox.outbox = folder / "outbox";
  inbox.failed = folder / "failed";
  inbox.archive = folder / "archive";
  inbox.originals = originals;
  settings.inboxes.push_back(inbox);
  settings.profiles["default"];
  for (const auto& path : {settings.state, inbox.path}) fs::create_directories(path);
  return settings;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file) << text;
}

class World {
 public:
  explicit World(Originals originals)
      : settings(settings_in(folder.path(), originals)), path(settings.inboxes[0].path) {
    gate_.pause_for_operator(clock_.now());
    context.let_go = [this](const std::string&, const std::string& name) {
      if (inbox_) inbox_->let_go(name);
    };
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() {
    if (inbox_) inbox_->stop();
    scheduler.stop();
    EXPECT_TRUE(wait([this] { return running_ == 0; }));
  }

  void watch() {
    inbox_.emplace(inbox::Rules{.path = path,
                                .settle = 50ms,
                                .rescan = 3600s,
                                .watch = inbox::WatchMode::automatic,
                                .ignore = {}},
                   loop.get_executor());
    start(inbox_->run([this](inbox::Arrival arrival) -> awaitable<Reception> {
      const auto reception = co_await take_in(std::move(arrival), path.native(), context, scheduler);
      receptions.push_back(reception);
      co_return reception;
    }));
  }

  void claim() { start(scheduler.run()); }

  Reception meet(const std::string& name) {
    const auto tree = inbox::Tree::open(path);
    const auto folder_fd = tree->folder("");
    const auto seen = inbox::look_with_sidecar(folder_fd->get(), name, name);
    return test::run(loop, take_in({name, seen.identity, seen.sidecar}, path.native(), context, scheduler));
  }

  bool wait(const std::function<bool()>& what, std::chrono::seconds limit = 60s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!what()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.restart();
      loop.run_one_for(20ms);
    }
    return true;
  }

  std::int64_t in(State state) { return store.counts()[static_cast<std::size_t>(state)]; }
  std::size_t unclaimed() const { return inbox_->statistics().unclaimed; }
  bool wait_for(State state, std::int64_t count = 1) {
    return wait([&] { return in(state) == count; });
  }

  /// Each of so many documents is in the spool, and nothing in the inbox is nobody's.
  testing::AssertionResult come_to_hand(std::int64_t count) {
    if (!wait_for(State::ready, count))
      return testing::AssertionFailure()
             << in(State::ready) << " of " << count << " in hand, " << in(State::vanished) << " vanished, "
             << in(State::claiming) << " claiming";
    if (!wait([&] { return unclaimed() == 0; }))
      return testing::AssertionFailure() << unclaimed() << " unclaimed";
    return testing::AssertionSuccess();
  }

  void rescan() { inbox_->rescan(); }

  tests::TemporaryFolder folder;
  const config::Settings settings;
  const fs::path path;
  asio::io_context loop{1};
  queue::SqliteStore store{settings.state / "queue.sqlite", {.durability = queue::Durability::none}};

 private:
  void start(awaitable<void> work) {
    ++running_;
    asio::co_spawn(loop, std::move(work), [this](std::exception_ptr failure) {
      --running_;
      EXPECT_FALSE(failure);
    });
  }

  SystemClock clock_{loop.get_executor()};
  SystemRandom random_;
  FilePools files_{loop.get_executor()};
  queue::Queue queue_{store, loop.get_executor(), clock_};
  NoService service_;
  PollPlanner planner_;
  Silent observer_;
  Gate gate_{100};
  std::optional<inbox::Inbox> inbox_;
  int running_ = 0;

 public:
  Context context{queue_, service_, clock_, random_, files_, planner_, observer_, make_rules(settings)};
  Scheduler scheduler{context, gate_, clock_, loop.get_executor()};
  std::vector<Reception> receptions;
};

// --- Every state that a row of the file can be in

class EveryState : public testing::TestWithParam<Originals> {
 protected:
  Job add(World& world, const std::string& name, State state) {
    Job job;
    job.id = "00-" + std::to_string(++number_);
    job.inbox = world.path.native();
    job.name = name;
    const auto tree = inbox::Tree::open(world.path);
    const auto folder = tree->folder("");
    job.source_identity = inbox::look(folder->get(), name, name).identity.text();
    job.profile = "default";
    job.settings = "{}";
    job.sha256 = "ab12";
    job.state = state;
    const std::vector<queue::Change> one{queue::Insertion{job, {"found", ""}}};
    EXPECT_TRUE(world.store.apply(one, world.context.clock.now()).front());
    return job;
  }
  int number_ = 0;
};

TEST_P(EveryState, SaysWhoHasTheFileInHand) {
  World world(GetParam());
  const bool kept = GetParam() == Originals::keep;
  for (int i = 1; i <= queue::kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    SCOPED_TRACE(to_string(state));
    const std::string name = std::string(to_string(state)) + ".txt";
    write(world.path / name, "a document");
    const Job job = add(world, name, state);
    const bool ended = is_end(state), vanished = state == State::vanished;
    EXPECT_EQ(world.meet(name), ended && !vanished && !kept ? Reception::left : Reception::in_hand);
    const auto standing = world.store.standing_of(job.inbox, name, job.source_identity);
    EXPECT_EQ(standing.rows, vanished ? 2 : 1);
    EXPECT_EQ(standing.latest->state, vanished ? State::claiming : state);
    EXPECT_EQ(world.meet(name), ended && !vanished && !kept ? Reception::left : Reception::in_hand)
        << "asked again, nothing is new";
    EXPECT_EQ(world.store.standing_of(job.inbox, name, job.source_identity).rows, standing.rows);
  }
}

TEST_P(EveryState, OfAnotherFileOfThatNameLetsItPassUnlessItIsBeingTaken) {
  World world(GetParam());
  for (int i = 1; i <= queue::kStateCount; ++i) {
    const auto state = static_cast<State>(i);
    SCOPED_TRACE(to_string(state));
    const std::string name = std::string(to_string(state)) + ".txt";
    write(world.path / name, "a document");
    (void)add(world, name, state);
    write(world.path / (name + ".new"), "the next one, and longer");
    fs::rename(world.path / (name + ".new"), world.path / name);
    EXPECT_EQ(world.meet(name), state == State::claiming ? Reception::later : Reception::in_hand);
    EXPECT_EQ(world.store.named(world.path.native(), name)->state, State::claiming);
  }
}

INSTANTIATE_TEST_SUITE_P(, EveryState, testing::Values(Originals::archive, Originals::keep),
                         [](const auto& given) { return given.param == Originals::keep ? "Kept" : "Moved"; });

// --- Every way there: what happens between a file's settling and its claim

class EveryWay : public testing::TestWithParam<Originals> {
 protected:
  /// A world in which these have settled and have rows, but nobody has begun to take them.
  void settle(std::initializer_list<const char*> names) {
    for (const char* name : names) {
      fs::create_directories((world.path / name).parent_path());
      write(world.path / name, std::string("This is ") + name);
    }
    world.watch();
    ASSERT_TRUE(world.wait_for(State::claiming, static_cast<std::int64_t>(names.size())));
  }

  World world{GetParam()};
};

TEST_P(EveryWay, ASidecarThatComesWhenItsDocumentHasSettled) {
  settle({"a.txt", "b.txt"});
  write(world.path / "a.txt.chunkr.yaml", "priority: 7\n");
  world.claim();
  EXPECT_TRUE(world.come_to_hand(2));
  EXPECT_EQ(world.store.named(world.path.native(), "a.txt")->priority, 7);
}

TEST_P(EveryWay, ASidecarThatGoesWhenItsDocumentHasSettled) {
  write(world.path / "a.txt.chunkr.yaml", "priority: 7\n");
  settle({"a.txt"});
  fs::remove(world.path / "a.txt.chunkr.yaml");
  world.claim();
  EXPECT_TRUE(world.come_to_hand(1));
  EXPECT_EQ(world.store.named(world.path.native(), "a.txt")->priority, 0);
}

TEST_P(EveryWay, AFolderThatIsMovedOutAndBack) {
  settle({"sub/a.txt", "sub/deeper/b.txt"});
  fs::rename(world.path / "sub", world.folder.path() / "aside");
  world.claim();
  ASSERT_TRUE(world.wait_for(State::vanished, 2));
  fs::rename(world.folder.path() / "aside", world.path / "sub");
  EXPECT_TRUE(world.come_to_hand(2));
}

TEST_P(EveryWay, AnInboxThatIsUnmountedAndMounted) {
  settle({"a.txt", "b.txt"});
  fs::rename(world.path, world.folder.path() / "aside");
  fs::create_directory(world.path);  // what a mount point is without its mount
  world.claim();
  ASSERT_TRUE(world.wait_for(State::vanished, 2));
  fs::remove(world.path);
  fs::rename(world.folder.path() / "aside", world.path);
  world.rescan();
  EXPECT_TRUE(world.come_to_hand(2));
}

TEST_P(EveryWay, ALookThatFailsOnce) {
  settle({"a.txt"});
  inbox::let_looks_fail("a.txt.chunkr.yaml", EIO, 1);
  world.claim();
  EXPECT_TRUE(world.come_to_hand(1));
  EXPECT_EQ(inbox::looks_to_fail(), 0);
  EXPECT_EQ(world.in(State::vanished), 0) << "an unclear look says nothing about the document";
}

TEST_P(EveryWay, ModesThatAreChangedMeanwhile) {
  settle({"a.txt", "b.txt", "c.txt"});
  for (const char* name : {"a.txt", "b.txt", "c.txt"})
    fs::permissions(world.path / name, fs::perms::group_write, fs::perm_options::add);
  world.claim();
  EXPECT_TRUE(world.come_to_hand(3));
}

TEST_P(EveryWay, HardLinksInTheInbox) {
  write(world.path / "0.txt", "one file");
  for (const char* name : {"1.txt", "2.txt", "3.txt"})
    fs::create_hard_link(world.path / "0.txt", world.path / name);
  world.watch();
  ASSERT_TRUE(world.wait_for(State::claiming, 4));
  world.claim();
  EXPECT_TRUE(world.come_to_hand(4));
}

TEST_P(EveryWay, AFileThatIsReplacedWhileItsPredecessorIsClaiming) {
  settle({"a.txt"});
  write(world.path / ".next", "the next one");
  fs::rename(world.path / ".next", world.path / "a.txt");
  ASSERT_TRUE(world.wait([&] { return world.receptions.size() == 2; }));
  EXPECT_EQ(world.receptions.back(), Reception::later);
  EXPECT_EQ(world.unclaimed(), 1u);
  world.claim();
  EXPECT_TRUE(world.come_to_hand(1));
  EXPECT_EQ(world.store.named(world.path.native(), "a.txt")->sha256, sha256_hex("the next one"));
}

TEST_P(EveryWay, FoldersThatComeAndGo) {
  settle({"a.txt"});
  world.claim();
  ASSERT_TRUE(world.wait_for(State::ready));
  for (int i = 0; i < 3; ++i) {
    fs::create_directory(world.path / "sub");
    write(world.path / "sub/b.txt", "comes and goes");
    fs::rename(world.path / "sub", world.folder.path() / "aside");
    fs::remove_all(world.folder.path() / "aside");
  }
  write(world.path / "c.txt", "comes");
  EXPECT_TRUE(world.come_to_hand(2));
}

INSTANTIATE_TEST_SUITE_P(, EveryWay, testing::Values(Originals::archive, Originals::keep),
                         [](const auto& given) { return given.param == Originals::keep ? "Kept" : "Moved"; });

}  // namespace
}  // namespace chunkrd::pipeline
