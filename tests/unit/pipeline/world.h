#pragma once

#include <stdlib.h>

#include <boost/asio/detached.hpp>
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>

#include "pipeline/context.h"
#include "pipeline/gate.h"
#include "pipeline/scheduler.h"
#include "queue/queue.h"
#include "queue/sqlite/sqlite_store.h"
#include "tests/unit/queue/jobs.h"

/// What tests of steps and of the scheduler work with: a real queue, and a service that does what it is told.
namespace chunkrd::pipeline {

/// A Task API of which each operation can be scripted; what is not is never answered well.
class ScriptedService final : public taskapi::Client {
 public:
  using Text = std::string;
  template <class Good, class... Asked>
  using Script = std::function<taskapi::Answer<Good>(Asked...)>;

  Script<taskapi::Task, taskapi::CreateRequest> on_create = [](auto&&...) { return nobody<taskapi::Task>(); };
  Script<taskapi::Task, Text> on_get = [](auto&&...) { return nobody<taskapi::Task>(); };
  Script<taskapi::Task, Text, Text> on_update = [](auto&&...) { return nobody<taskapi::Task>(); };
  Script<taskapi::TaskPage, taskapi::ListQuery> on_list = [](auto&&...) {
    return nobody<taskapi::TaskPage>();
  };
  std::function<awaitable<void>(taskapi::NewFile)> while_fetching;
  Script<taskapi::Accepted> on_health = [] { return taskapi::Accepted{"OK"}; };

  awaitable<taskapi::Answer<taskapi::Task>> create(taskapi::CreateRequest request) override {
    co_return on_create(std::move(request));
  }
  awaitable<taskapi::Answer<taskapi::Task>> get(std::string id) override { co_return on_get(id); }
  awaitable<taskapi::Answer<taskapi::Saved>> get_result(std::string, taskapi::NewFile into) override {
    if (while_fetching) co_await while_fetching(std::move(into));
    co_return nobody<taskapi::Saved>();
  }
  awaitable<taskapi::Answer<taskapi::Saved>> download(std::string, taskapi::NewFile) override {
    co_return nobody<taskapi::Saved>();
  }
  awaitable<taskapi::Answer<taskapi::Task>> update(std::string id, std::string settings) override {
    co_return on_update(id, settings);
  }
  awaitable<taskapi::Answer<taskapi::Accepted>> cancel(std::string) override {
    co_return nobody<taskapi::Accepted>();
  }
  awaitable<taskapi::Answer<taskapi::Accepted>> remove(std::string) override {
    co_return nobody<taskapi::Accepted>();
  }
  awaitable<taskapi::Answer<taskapi::TaskPage>> list(taskapi::ListQuery query) override {
    co_return on_list(query);
  }
  awaitable<taskapi::Answer<taskapi::Accepted>> health() override { co_return on_health(); }

 private:
  template <class Good>
  static taskapi::Answer<Good> nobody() {
    return taskapi::NoAnswer{taskapi::NoAnswer::Request::not_sent, taskapi::NoAnswer::Cause::connect,
                             "refused"};
  }
};

class NobodyListens final : public Observer {
 public:
  void on_transition(queue::State, const queue::Job&) override {}
  void on_pause(Pause, bool) override {}
  void on_possible_duplicate() override {}
  void on_adopted() override {}
  void on_pruned(Pruned, std::size_t) override {}
  void on_queue(const queue::StateCounts&, std::optional<WallTime>) override {}
};

/// One loop for all of it, and a folder that goes with it.
struct SmallWorld {
  SmallWorld() = default;
  /// One whose file work is done by `disk`, and whose scheduler has not much patience with it.
  explicit SmallWorld(Executor disk) : files_on(std::move(disk)) {}
  ~SmallWorld() { std::filesystem::remove_all(folder); }

  static std::filesystem::path make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "pipeline.XXXXXX").native();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder " + name);
    std::filesystem::create_directories(std::filesystem::path(name) / "inbox");
    std::filesystem::create_directories(std::filesystem::path(name) / "state");
    return name;
  }

  config::Settings settings() const {
    config::Settings settings;
    settings.state = folder / "state";
    config::Inbox inbox;
    inbox.path = folder / "inbox";
    inbox.outbox = folder / "outbox";
    inbox.failed = folder / "failed";
    inbox.archive = folder / "archive";
    settings.inboxes.push_back(inbox);
    settings.profiles["default"];
    return settings;
  }

  /// A row in `state`, made `age` ago.
  queue::Job add(int number, queue::State state, Duration age = Duration::zero()) {
    queue::Job job = queue::found(number, clock.now() - age);
    job.inbox = (folder / "inbox").native();
    job.state = state;
    job.size_bytes = 1000;
    job.sha256 = "digest-" + std::to_string(number);
    const queue::Change change = queue::insertion(job);
    store.apply(std::span(&change, 1), clock.now());
    return store.find(job.id).value();
  }

  /// Runs the loop until `is_so`; false if that takes more than 20 s.
  bool until(const std::function<bool()>& is_so) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    loop.restart();
    while (!is_so() && std::chrono::steady_clock::now() < end)
      loop.run_one_for(std::chrono::milliseconds(20));
    return is_so();
  }

  std::filesystem::path folder = make_folder();
  asio::io_context loop{1};
  Executor files_on = loop.get_executor();
  SystemClock clock{loop.get_executor()};
  SystemRandom random;
  queue::SqliteStore store{folder / "state/queue.sqlite", {.durability = queue::Durability::none}};
  queue::Queue queue{store, loop.get_executor(), clock};
  FilePools files{files_on};
  ScriptedService service;
  PollPlanner planner;
  NobodyListens observer;
  Gate gate{1000};
  Context context{queue, service, clock, random, files, planner, observer, make_rules(settings())};
  Scheduler scheduler{context, gate, clock, loop.get_executor(), std::chrono::milliseconds(500)};
};

}  // namespace chunkrd::pipeline
