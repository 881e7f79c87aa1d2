#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "taskapi/client.h"
#include "tests/simulation/simulated_clock.h"

namespace chunkrd::simulation {

/// How badly the service behaves, as probabilities per request or task.
struct Weather {
  double no_connection = 0.02;  ///< the request never leaves
  double lost_request = 0.02;   ///< it leaves and nothing comes of it
  double lost_answer = 0.05;    ///< the task is made, the answer is not seen
  double error_500 = 0.03;      ///< before the task is made
  double error_after = 0.02;    ///< 500 although the task was made and runs
  double too_fast = 0.02;       ///< 429
  double garbled = 0.01;        ///< 200 that is not JSON
  double task_fails = 0.05;
  double update_fails = 0.2;  ///< and goes back to the settings before
  double stuck_in_starting = 0.01;
  double not_found = 0.02;      ///< 404 for a task that exists
  double empty_success = 0.05;  ///< Succeeded, and for some reads no chunks
  double cut_result = 0.03;
  double refused_file = 0.03;                      ///< a signed URL that the storage refuses
  double broken_row = 0.01;                        ///< the task never shows in the list
  Duration list_delay = std::chrono::seconds(20);  ///< at most; how long a new task is missing from the list
  // Answers to a create that are neither a task nor a plain refusal. Each is off unless a plan says so.
  double other_success = 0;  ///< 201, 202, 204, 206 without a task in them: it was made and runs
  double redirected = 0;     ///< 3xx, half of them after the task was made
  double gateway = 0;        ///< 408, 502, 504, ..., half of them after the task was made
  double odd_refusal = 0;    ///< 404, 405, 409, ...: of something on the way; no task was made
  double cut_upload = 0;     ///< before its last byte had left
  // The task list.
  int page_at_most = 100;    ///< entries, however many are asked for
  double missing_entry = 0;  ///< that is not in this reading of the list
  double odd_entry = 0.2;    ///< of somebody else, on a page of the list
  int foreign_tasks = 0;     ///< of somebody else with the same key, all the time
  int outages = 3;           ///< of up to an hour each
  int revoked_keys = 1;      ///< times, of up to an hour, in which every key is refused
  int quota_gone = 1;        ///< times in which submits meet the page quota
  int submits_fail = 1;      ///< times in which every submit is a 500 while all else works

  bool operator==(const Weather&) const = default;
};

/// The Task API as a model: keeps its tasks through the daemon's crashes and knows what was paid.
class SimulatedService final : public taskapi::Client {
 public:
  SimulatedService(SimulatedClock& clock, SeededRandom& random, Weather weather);

  awaitable<taskapi::Answer<taskapi::Task>> create(taskapi::CreateRequest request) override;
  awaitable<taskapi::Answer<taskapi::Task>> get(std::string task_id) override;
  awaitable<taskapi::Answer<taskapi::Saved>> get_result(std::string task_id, taskapi::NewFile into) override;
  awaitable<taskapi::Answer<taskapi::Saved>> download(std::string url, taskapi::NewFile into) override;
  awaitable<taskapi::Answer<taskapi::Task>> update(std::string task_id, std::string settings) override;
  awaitable<taskapi::Answer<taskapi::Accepted>> cancel(std::string task_id) override;
  awaitable<taskapi::Answer<taskapi::Accepted>> remove(std::string task_id) override;
  awaitable<taskapi::Answer<taskapi::TaskPage>> list(taskapi::ListQuery query) override;
  awaitable<taskapi::Answer<taskapi::Accepted>> health() override;

  /// A task as the service knows it.
  struct Record {
    std::string task_id, file_name, content, settings;
    WallTime created_at, starts_at, ends_at, listed_from;
    bool stuck = false, fails = false, cancelled = false, never_listed = false;
    bool left_out = false;  ///< of a reading of the list that should have had it
    int empty_reads = 0;
    std::string configuration;          ///< JSON; of the update, while one runs
    std::optional<std::string> before;  ///< the configuration that an update goes back to when it fails
    bool failed_before = false;         ///< the status that it goes back to then
    bool deleted = false;
    bool foreign = false;  ///< not of this daemon
  };
  const std::map<std::string, Record>& tasks() const { return tasks_; }
  bool is_paid(const Record& task) const;
  /// Each task and each update that was begun.
  struct Charge {
    WallTime at;
    std::string content = {};
    bool hidden = false;  ///< it never shows in the list; or the update fails, and nothing shows that it was
  };
  const std::vector<Charge>& charges() const { return charges_; }
  /// Called when a create or an update comes.
  void on_submit(std::function<void()> told) { on_submit_ = std::move(told); }
  std::uint64_t answered_health() const { return health_; }
  std::uint64_t requests() const { return requests_; }
  std::uint64_t polls() const { return polls_; }

 private:
  struct Spell {
    WallTime from, to;
  };
  std::vector<Spell> spells(int number, Duration longest);
  bool within(const std::vector<Spell>& times) const;
  awaitable<std::optional<std::variant<taskapi::Refusal, taskapi::NoAnswer>>> outage();
  awaitable<std::optional<std::variant<taskapi::Refusal, taskapi::NoAnswer>>> weather();
  Record& add(Record made);
  Record* find(const std::string& task_id);
  void end_update(Record& task);
  void make_foreign_tasks(int number);
  std::optional<taskapi::Answer<taskapi::Task>> odd_answer_before();
  std::optional<taskapi::Answer<taskapi::Task>> odd_answer_after();
  Record& make_task(const taskapi::CreateRequest& request);
  taskapi::Status status(const Record& task) const;
  taskapi::Task describe(const Record& task) const;

  SimulatedClock& clock_;
  SeededRandom& random_;
  Weather weather_;
  std::vector<Spell> outages_, revoked_, quota_, submits_fail_;
  std::map<std::string, Record> tasks_;
  std::vector<Record*> newest_first_;  ///< of tasks_
  std::vector<Charge> charges_;
  std::function<void()> on_submit_;
  std::uint64_t requests_ = 0, polls_ = 0, health_ = 0;
};

}  // namespace chunkrd::simulation
