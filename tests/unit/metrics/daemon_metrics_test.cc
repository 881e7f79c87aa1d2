#include "metrics/daemon_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <sstream>

#include "metrics/process_metrics.h"
#include "tests/support/file_text.h"
#include "tests/unit/metrics/samples.h"

namespace chunkrd::metrics {
namespace {

using namespace std::chrono_literals;

class Metrics : public ::testing::Test {
 protected:
  std::string value(const std::string& name) const { return sample(exposition(metrics_), name); }

  DaemonMetrics metrics_{"1.2.3"};
};

TEST_F(Metrics, AreThereAtZeroBeforeAnythingHappened) {
  EXPECT_EQ(value("chunkrd_build_info{version=\"1.2.3\"}"), "1");
  for (const char* outcome : {"delivered", "failed", "cancelled", "vanished"}) {
    EXPECT_EQ(value("chunkrd_documents_total{outcome=\"" + std::string(outcome) + "\"}"), "0");
  }
  for (const char* state :
       {"claiming", "ready", "submitting", "submitted", "collecting", "delivering", "delivered", "burying"}) {
    EXPECT_EQ(value("chunkrd_queue_documents{state=\"" + std::string(state) + "\"}"), "0");
  }
  for (const char* what : {"documents", "originals", "commands", "days"}) {
    EXPECT_EQ(value("chunkrd_pruned_total{what=\"" + std::string(what) + "\"}"), "0");
  }
  for (const char* reason : {"auth", "quota", "disk", "operator", "breaker", "budget"}) {
    EXPECT_EQ(value("chunkrd_paused{reason=\"" + std::string(reason) + "\"}"), "0");
  }
  for (const std::string operation :
       {"create", "get", "get_result", "update", "cancel", "remove", "list", "health", "download"}) {
    for (const char* answer : {"2xx", "4xx", "429", "5xx", "network", "unreadable"}) {
      EXPECT_EQ(value("chunkrd_api_requests_total{class=\"" + std::string(answer) + "\",operation=\"" +
                      operation + "\"}"),
                "0");
    }
    EXPECT_EQ(value("chunkrd_api_request_duration_seconds_count{operation=\"" + operation + "\"}"), "0");
  }
  for (const char* name :
       {"chunkrd_api_bytes_total{direction=\"up\"}", "chunkrd_api_bytes_total{direction=\"down\"}",
        "chunkrd_possible_duplicates_total", "chunkrd_adopted_tasks_total", "chunkrd_pages_total",
        "chunkrd_document_duration_seconds_count", "chunkrd_last_delivery_timestamp_seconds",
        "chunkrd_config_last_reload_successful", "chunkrd_log_messages_total{level=\"warning\"}",
        "chunkrd_log_messages_total{level=\"error\"}"}) {
    EXPECT_EQ(value(name), "0") << name;
  }
}

TEST_F(Metrics, CountEveryEvent) {
  populate(metrics_);
  EXPECT_EQ(value("chunkrd_documents_total{outcome=\"delivered\"}"), "1");
  EXPECT_EQ(value("chunkrd_documents_total{outcome=\"failed\"}"), "1");
  EXPECT_EQ(value("chunkrd_document_duration_seconds_bucket{le=\"30\"}"), "0");
  EXPECT_EQ(value("chunkrd_document_duration_seconds_bucket{le=\"60\"}"), "1");
  EXPECT_EQ(value("chunkrd_document_duration_seconds_sum"), "42");
  EXPECT_EQ(value("chunkrd_last_delivery_timestamp_seconds"), "1700000042");
  EXPECT_EQ(value("chunkrd_pages_total"), "12");
  EXPECT_EQ(value("chunkrd_pruned_total{what=\"originals\"}"), "3");
  EXPECT_EQ(value("chunkrd_paused{reason=\"quota\"}"), "1");
  EXPECT_EQ(value("chunkrd_possible_duplicates_total"), "1");
  EXPECT_EQ(value("chunkrd_adopted_tasks_total"), "1");
  EXPECT_EQ(value("chunkrd_queue_documents{state=\"ready\"}"), "7");
  EXPECT_EQ(value("chunkrd_queue_documents{state=\"done\"}"), "absent");
  EXPECT_EQ(value("chunkrd_ended_documents{state=\"done\"}"), "1000");
  EXPECT_EQ(value("chunkrd_queue_oldest_state_timestamp_seconds{state=\"ready\"}"), "1700000200");
  EXPECT_EQ(value("chunkrd_queue_oldest_state_timestamp_seconds{state=\"submitted\"}"), "absent");
  EXPECT_EQ(value("chunkrd_queue_changes_total{outcome=\"applied\"}"), "4");
  EXPECT_EQ(value("chunkrd_queue_changes_total{outcome=\"refused\"}"), "1");
  EXPECT_EQ(value("chunkrd_queue_commit_duration_seconds_count"), "1");
  EXPECT_EQ(value("chunkrd_inbox_found_documents_total{inbox=\"/srv/in\"}"), "1");
  EXPECT_EQ(value("chunkrd_inbox_found_bytes_total{inbox=\"/srv/in\"}"), "5000");
  EXPECT_EQ(value("chunkrd_inbox_ended_documents_total{inbox=\"/srv/in\",outcome=\"failed\"}"), "1");
  EXPECT_EQ(value("chunkrd_dead_letters_total{code=\"task_failed\"}"), "1");
  EXPECT_EQ(value("chunkrd_retries_total{step=\"reconcile\"}"), "1");
  EXPECT_EQ(value("chunkrd_failed_attempts_total"), "1");
  EXPECT_EQ(value("chunkrd_pauses_total{reason=\"quota\"}"), "1");
  EXPECT_EQ(value("chunkrd_paid_pages_total"), "12");
  EXPECT_EQ(value("chunkrd_day_paid_pages"), "12");
  EXPECT_EQ(value("chunkrd_day_budget_pages"), "1000");
  EXPECT_EQ(value("chunkrd_submits_per_second_allowed"), "1");
  EXPECT_EQ(value("chunkrd_api_requests_in_flight{operation=\"get\"}"), "1");
  EXPECT_EQ(value("chunkrd_api_requests_in_flight{operation=\"create\"}"), "0");
  EXPECT_EQ(value("chunkrd_results_expire_seconds"), "3600");
  EXPECT_EQ(value("chunkrd_event_loop_last_beat_timestamp_seconds"), "1700000200");
  EXPECT_EQ(value("chunkrd_oldest_waiting_document_timestamp_seconds"), "1700000100");
  EXPECT_EQ(value("chunkrd_api_requests_total{class=\"2xx\",operation=\"create\"}"), "1");
  EXPECT_EQ(value("chunkrd_api_request_duration_seconds_sum{operation=\"create\"}"), "0.25");
  EXPECT_EQ(value("chunkrd_api_bytes_total{direction=\"up\"}"), "1000");
  EXPECT_EQ(value("chunkrd_api_bytes_total{direction=\"down\"}"), "10");
  EXPECT_EQ(value("chunkrd_config_last_reload_successful"), "1");
  EXPECT_EQ(value("chunkrd_config_last_reload_success_timestamp_seconds"), "1700000200");
}

TEST_F(Metrics, CountADocumentOnceThoughItsStepIsRepeated) {
  queue::Job job;
  job.state = queue::State::delivered;
  metrics_.on_transition(queue::State::delivering, job);
  metrics_.on_transition(queue::State::delivered, job);
  job.state = queue::State::done;
  metrics_.on_transition(queue::State::delivered, job);
  EXPECT_EQ(value("chunkrd_documents_total{outcome=\"delivered\"}"), "1");
}

TEST_F(Metrics, HaveNoOldestDocumentWhileNothingWaits) {
  constexpr const char* kOldest = "chunkrd_oldest_waiting_document_timestamp_seconds";
  EXPECT_EQ(value(kOldest), "absent");
  metrics_.on_queue({}, WallTime(5s));
  EXPECT_EQ(value(kOldest), "5");
  metrics_.on_queue({}, WallTime(6s));
  EXPECT_EQ(value(kOldest), "6");
  metrics_.on_queue({}, std::nullopt);
  EXPECT_EQ(value(kOldest), "absent");
}

TEST_F(Metrics, KeepTheTimeOfTheConfigurationInUseWhenAReloadFails) {
  metrics_.config_loaded(WallTime(9s));
  metrics_.config_refused();
  EXPECT_EQ(value("chunkrd_config_last_reload_successful"), "0");
  EXPECT_EQ(value("chunkrd_config_last_reload_success_timestamp_seconds"), "9");
}

TEST_F(Metrics, OfAnInboxGrowOnAfterItIsMadeAnew) {
  auto& inboxes = metrics_.inboxes();
  inboxes.set("/in", {}, WallTime(1s));
  EXPECT_EQ(value("chunkrd_inbox_scans_total{inbox=\"/in\"}"), "0");
  EXPECT_EQ(value("chunkrd_inbox_last_scan_timestamp_seconds{inbox=\"/in\"}"), "absent");
  inboxes.set("/in", {.scans = 5}, WallTime(2s));
  inboxes.set("/in",
              {.events = 4,
               .entries = 70,
               .scanning = 250ms,
               .scans = 7,
               .settling = 3,
               .unclaimed = 2,
               .available = false},
              WallTime(3s));
  EXPECT_EQ(value("chunkrd_inbox_scans_total{inbox=\"/in\"}"), "7");
  EXPECT_EQ(value("chunkrd_inbox_watch_events_total{inbox=\"/in\"}"), "4");
  EXPECT_EQ(value("chunkrd_inbox_scanned_entries_total{inbox=\"/in\"}"), "70");
  EXPECT_EQ(value("chunkrd_inbox_scan_seconds_total{inbox=\"/in\"}"), "0.25");
  EXPECT_EQ(value("chunkrd_inbox_last_scan_timestamp_seconds{inbox=\"/in\"}"), "3");
  EXPECT_EQ(value("chunkrd_inbox_settling_documents{inbox=\"/in\"}"), "3");
  EXPECT_EQ(value("chunkrd_inbox_unclaimed_documents{inbox=\"/in\"}"), "2");
  EXPECT_EQ(value("chunkrd_inbox_available{inbox=\"/in\"}"), "0");
  inboxes.set("/in", {.scans = 2}, WallTime(4s));
  EXPECT_EQ(value("chunkrd_inbox_scans_total{inbox=\"/in\"}"), "9");
  inboxes.forget("/in");
  EXPECT_EQ(exposition(metrics_).find("inbox=\"/in\""), std::string::npos);
}

TEST_F(Metrics, OfAnInboxAreNotMadeByADocumentOfOneThatIsNotConfigured) {
  queue::Job job;
  job.inbox = "/gone";
  job.state = queue::State::delivered;
  metrics_.on_transition(queue::State::delivering, job);
  EXPECT_EQ(value("chunkrd_documents_total{outcome=\"delivered\"}"), "1");
  EXPECT_EQ(exposition(metrics_).find("/gone"), std::string::npos);
}

TEST_F(Metrics, HaveAnInboxOfAnyBytesAsText) {
  metrics_.inboxes().set("/in\xff", {}, WallTime(1s));
  EXPECT_EQ(value("chunkrd_inbox_available{inbox=\"/in%FF\"}"), "1");
}

TEST_F(Metrics, SayWhatCameOfAStep) {
  queue::Job before, after;
  before.state = queue::State::submitting;
  before.state_since = WallTime(10s);
  after = before;
  const auto end = [&](bool error) {
    metrics_.on_step({.before = before, .after = &after, .took = 20ms, .unplanned_error = error});
  };
  end(false);
  end(true);
  metrics_.on_step({.before = before, .after = nullptr, .took = 1ms, .unplanned_error = false});
  for (const queue::State to : {queue::State::submitted, queue::State::ready, queue::State::burying}) {
    after.state = to;
    after.state_since = WallTime(20s);
    end(false);
  }
  EXPECT_EQ(value("chunkrd_steps_total{outcome=\"moved\",step=\"reconcile\"}"), "3");
  EXPECT_EQ(value("chunkrd_steps_total{outcome=\"again\",step=\"reconcile\"}"), "2");
  EXPECT_EQ(value("chunkrd_steps_total{outcome=\"error\",step=\"reconcile\"}"), "1");
  EXPECT_EQ(value("chunkrd_step_duration_seconds_count{step=\"reconcile\"}"), "6");
  EXPECT_EQ(value("chunkrd_state_duration_seconds_sum{state=\"submitting\"}"), "30");
  for (const char* outcome : {"adopted", "repeated", "given_up"})
    EXPECT_EQ(value("chunkrd_reconciles_total{outcome=\"" + std::string(outcome) + "\"}"), "1");
  EXPECT_EQ(value("chunkrd_reconciles_total{outcome=\"looking\"}"), "2");
}

TEST_F(Metrics, HaveNoOldestStepWhileNoneRuns) {
  constexpr const char* kOldest = "chunkrd_oldest_running_step_timestamp_seconds{step=\"submit\"}";
  metrics_.steps().set_load(queue::State::ready, 1, 6, WallTime(9s));
  EXPECT_EQ(value(kOldest), "9");
  metrics_.steps().set_load(queue::State::ready, 0, 6, std::nullopt);
  EXPECT_EQ(value(kOldest), "absent");
  EXPECT_EQ(value("chunkrd_steps_limit{step=\"submit\"}"), "6");
}

TEST_F(Metrics, OfAFolderThatDoesNotAnswerAreNotItsLastOnes) {
  const FolderMetrics::Folder folder{"outbox", "/srv/out"};
  metrics_.folders().set(folder, Space{.free_bytes = 10, .total_bytes = 20});
  constexpr const char* kFree = "chunkrd_folder_free_bytes{folder=\"outbox\",path=\"/srv/out\"}";
  constexpr const char* kAvailable = "chunkrd_folder_available{folder=\"outbox\",path=\"/srv/out\"}";
  EXPECT_EQ(value(kFree), "10");
  EXPECT_EQ(value("chunkrd_folder_free_inodes{folder=\"outbox\",path=\"/srv/out\"}"), "absent")
      << "btrfs does not count them";
  metrics_.folders().set(folder, std::nullopt);
  EXPECT_EQ(value(kFree), "absent");
  EXPECT_EQ(value(kAvailable), "0");
  metrics_.folders().forget(folder);
  EXPECT_EQ(value(kAvailable), "absent");
}

TEST_F(Metrics, KnowEveryCodeOfADeadLetter) {
  const std::string text = tests::file_text(CHUNKRD_DOCS "/architecture.md");
  const auto at = text.find("Dead letter codes: `");
  ASSERT_NE(at, std::string::npos);
  const auto begin = text.find('`', at) + 1;
  std::istringstream codes(text.substr(begin, text.find('`', begin) - begin));
  queue::Job job;
  job.state = queue::State::failed;
  int known = 0;
  for (std::string code; codes >> code; ++known) {
    job.error_code = code;
    metrics_.on_transition(queue::State::burying, job);
    EXPECT_EQ(value("chunkrd_dead_letters_total{code=\"" + code + "\"}"), "1");
  }
  EXPECT_GE(known, 18);
  EXPECT_EQ(value("chunkrd_dead_letters_total{code=\"other\"}"), "0");
  job.error_code = "of a later release";
  metrics_.on_transition(queue::State::burying, job);
  EXPECT_EQ(value("chunkrd_dead_letters_total{code=\"other\"}"), "1");
}

TEST_F(Metrics, CountLogMessagesByLevel) {
  spdlog::logger logger("test", metrics_.log_counter());
  logger.set_level(spdlog::level::info);
  logger.debug("not logged");
  logger.info("one");
  logger.warn("one");
  logger.error("one");
  logger.critical("two");
  EXPECT_EQ(value("chunkrd_log_messages_total{level=\"debug\"}"), "0");
  EXPECT_EQ(value("chunkrd_log_messages_total{level=\"info\"}"), "1");
  EXPECT_EQ(value("chunkrd_log_messages_total{level=\"warning\"}"), "1");
  EXPECT_EQ(value("chunkrd_log_messages_total{level=\"error\"}"), "2");
}

TEST(ProcessMetricsOfThisTest, ArePlausible) {
  const ProcessMetrics process;
  const Health health;
  const std::string text = page_at("/metrics", {.metrics = {&process}, .health = &health}).body;
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double started = std::stod(sample(text, "process_start_time_seconds"));
  EXPECT_GT(started, now - 300);
  EXPECT_LT(started, now + 1);
  EXPECT_GT(std::stod(sample(text, "process_resident_memory_bytes")), 1e6);
  EXPECT_GE(std::stod(sample(text, "process_open_fds")), 3);
  EXPECT_GE(std::stod(sample(text, "process_max_fds")), std::stod(sample(text, "process_open_fds")));
  EXPECT_GE(std::stod(sample(text, "process_cpu_seconds_total")), 0);
}

}  // namespace
}  // namespace chunkrd::metrics
