// The commands that act: the real program beside a real daemon and a real service, and without a daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <boost/json.hpp>
#include <filesystem>
#include <sstream>

#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kFakeParser = "- do: {parse: {instead: text}}\n";

class Wishes : public ::testing::Test {
 protected:
  void start(const std::string& rules = kFakeParser) {
    home.start_service(rules);
    home.start_daemon();
  }
  void deliver(const std::string& name, const std::string& text = "Text.") {
    home.drop(name, text);
    ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
    ASSERT_TRUE(fs::exists(home.outbox / (name + ".json"))) << home.daemon_log();
  }

  Ran chunkrd(std::vector<std::string> arguments) { return home.command(std::move(arguments)); }
  std::string of(const std::string& name) { return (home.inbox / name).native(); }
  json::object shown(const std::string& name) {
    const Ran ran = chunkrd({"show", "--json", of(name)});
    return ran.exit_code == 0 ? json::parse(ran.out).as_object() : json::object();
  }
  std::string state_of(const std::string& name) {
    const auto job = shown(name);
    return job.empty() ? "" : json::value_to<std::string>(job.at("state"));
  }
  // Asks the program, as a person would who waits.
  bool wait_for_state(const std::string& name, const std::string& state) {
    return eventually([&] { return state_of(name) == state; });
  }
  std::int64_t requests(const std::string& operation) {
    const auto counted = json::parse(home.statistics()).at("requests").as_object();
    const auto* number = counted.if_contains(operation);
    return number == nullptr ? 0 : number->to_number<std::int64_t>();
  }
  json::object delivered(const std::string& name) {
    return json::parse(read_file(home.outbox / (name + ".json"))).as_object();
  }
  std::string tasks_at_the_service() { return http_get(home.service_port(), "/api/v1/tasks").body; }

  void expect_refused(const Ran& ran, const std::string& says) {
    EXPECT_EQ(ran.exit_code, 1) << ran.out << ran.err;
    EXPECT_THAT(ran.err, AllOf(StartsWith("chunkrd: "), HasSubstr(says)));
    EXPECT_EQ(ran.out, "");
  }

  Installation home;
};

// --- reprocess

TEST_F(Wishes, ReprocessUpdatesTheTaskAndReplacesTheResultWithoutASecondUpload) {
  start();
  deliver("a.txt");
  ASSERT_EQ(delivered("a.txt").at("configuration").at("ocr_strategy"), "Auto");
  const Ran ran = chunkrd({"reprocess", of("a.txt"), "--set", "ocr_strategy=All", "--wait", "60"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("no second upload"), HasSubstr("done")));
  EXPECT_EQ(delivered("a.txt").at("configuration").at("ocr_strategy"), "All");
  EXPECT_EQ(files_below(home.outbox), (std::vector<std::string>{"a.txt.json", "a.txt.md"}));
  EXPECT_EQ(requests("create"), 1);
  EXPECT_EQ(requests("update"), 1);
  EXPECT_EQ(shown("a.txt").at("settings").at("ocr_strategy"), "All");
  EXPECT_EQ(files_below(home.archive), (std::vector<std::string>{"a.txt"}));
}

TEST_F(Wishes, AnUpdateThatTheServiceRevertsKeepsTheOldResult) {
  start("- do: {revert_update: true}\n" + kFakeParser);
  deliver("a.txt");
  const std::string before = read_file(home.outbox / "a.txt.json");
  const Ran ran = chunkrd({"reprocess", of("a.txt"), "--set", "ocr_strategy=All", "--wait", "60"});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(read_file(home.outbox / "a.txt.json"), before);
  const std::string story = json::serialize(shown("a.txt"));
  EXPECT_THAT(story, AllOf(HasSubstr("update_reverted"), HasSubstr("the old result stays")));
  EXPECT_EQ(shown("a.txt").at("settings").at("ocr_strategy"), "Auto");
}

TEST_F(Wishes, ReprocessTakesAProfileWithItsArtifacts) {
  home.profile_options =
      "parse: {ocr_strategy: Auto}}\n  bare: {parse: {ocr_strategy: All}, artifacts: [json, text]";
  start();
  deliver("a.txt");
  EXPECT_EQ(chunkrd({"reprocess", of("a.txt"), "--profile", "bare", "--wait", "60"}).exit_code, 0);
  EXPECT_EQ(files_below(home.outbox), (std::vector<std::string>{"a.txt.json", "a.txt.txt"}));
}

TEST_F(Wishes, WhenTheTaskIsGoneANewOneIsPaidOnlyAfterItWasSaidAndWanted) {
  start();
  deliver("a.txt");
  EXPECT_EQ(chunkrd({"delete", of("a.txt")}).exit_code, 0);
  expect_refused(chunkrd({"reprocess", of("a.txt"), "--set", "ocr_strategy=All"}), "pays for 1 page again");
  EXPECT_EQ(requests("create"), 1);
  const Ran paid =
      chunkrd({"reprocess", of("a.txt"), "--set", "ocr_strategy=All", "--resubmit", "--wait", "60"});
  EXPECT_EQ(paid.exit_code, 0) << paid.err;
  EXPECT_THAT(paid.err, HasSubstr("pays for 1 page again")) << "said before it costs";
  EXPECT_EQ(requests("create"), 2);
  EXPECT_EQ(delivered("a.txt").at("configuration").at("ocr_strategy"), "All");
}

TEST_F(Wishes, WhatIsWrongWithAReprocessIsSaidBeforeAnythingIsAsked) {
  start();
  deliver("a.txt");
  const auto usage = [&](std::vector<std::string> arguments, const std::string& says) {
    arguments.insert(arguments.begin(), {"reprocess", of("a.txt")});
    const Ran ran = chunkrd(std::move(arguments));
    EXPECT_EQ(ran.exit_code, 64) << ran.out;
    EXPECT_THAT(ran.err, HasSubstr(says));
  };
  usage({}, "say what is to be different");
  usage({"--profile", "nobody"}, "there is no profile \"nobody\"");
  usage({"--set", "ocr_strategy=Some"}, "unknown value \"Some\"; use All or Auto");
  usage({"--set", "ocr_stategy=All"}, "did you mean");
  usage({"--set", "ocr_strategy"}, "write SETTING=VALUE");
  usage({"--set", "ocr_strategy.deep=1"}, "--set: ocr_strategy: found a map; All or Auto is needed here");
  usage({"--set", "chunk_processing={a: b"}, "the value is not YAML");
  usage({"--set", "file=x"}, "chunkrd sets this");
  expect_refused(chunkrd({"reprocess", of("a.txt"), "--set", "ocr_strategy=Auto"}), "nothing would change");
  EXPECT_EQ(requests("update"), 0);
}

// --- delete

TEST_F(Wishes, DeleteLeavesNothingAtTheServiceAndEverythingHere) {
  start();
  deliver("a.txt");
  EXPECT_THAT(tasks_at_the_service(), HasSubstr("task_id"));
  const Ran ran = chunkrd({"delete", of("a.txt")});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(tasks_at_the_service(), "[]");
  EXPECT_EQ(files_below(home.outbox), (std::vector<std::string>{"a.txt.json", "a.txt.md"}));
  EXPECT_EQ(state_of("a.txt"), "done");
  expect_refused(chunkrd({"delete", of("a.txt")}), "nothing of it is known to lie at the service");
}

TEST_F(Wishes, WithAfterDeliveryDeleteTheTaskGoesByItselfHoweverOftenTheServiceFails) {
  home.profile_options = "after_delivery: delete";
  start("- match: {operation: delete, first: 2}\n  do: {respond: {status: 500, body: database}}\n" +
        kFakeParser);
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("removed job=")) << home.daemon_log();
  EXPECT_EQ(tasks_at_the_service(), "[]");
  EXPECT_EQ(requests("delete"), 3);
  EXPECT_EQ(state_of("a.txt"), "done");
}

TEST_F(Wishes, ADeleteThatIsNotTrueYetSurvivesARestart) {
  home.profile_options = "after_delivery: delete";
  home.log_level = "debug";
  start("- match: {operation: delete, nth: 1}\n  do: {respond: {status: 503, body: no}}\n" + kFakeParser);
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("remove_failed")) << home.daemon_log();
  home.daemon().signal(SIGKILL);
  ASSERT_TRUE(home.daemon().wait(std::chrono::seconds(30)));
  home.start_daemon();
  ASSERT_TRUE(wait_for_state("a.txt", "done")) << home.daemon_log();
  EXPECT_EQ(tasks_at_the_service(), "[]");
}

// --- cancel

TEST_F(Wishes, CancelStopsATaskThatWaitsAtTheService) {
  start("- do: {parse: {stay: Starting}}\n");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(wait_for_state("a.txt", "submitted")) << home.daemon_log();
  const Ran ran = chunkrd({"cancel", of("a.txt"), "--wait", "30"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  ASSERT_TRUE(wait_for_state("a.txt", "cancelled")) << home.daemon_log();
  EXPECT_THAT(tasks_at_the_service(), HasSubstr("\"Cancelled\""));
  EXPECT_EQ(files_below(home.failed), (std::vector<std::string>{"a.txt", "a.txt.error.json"}));
}

TEST_F(Wishes, CancelOfATaskThatIsProcessedIsTooLateAndCanDeleteItAfterwards) {
  start("- do: {parse: {instead: text, delay: 3s}}\n");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("submitted job="));
  const Ran ran = chunkrd({"cancel", "--or-delete", of("a.txt"), "--wait", "30"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  ASSERT_TRUE(home.wait_for_log("removed job=")) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "a.txt.json"));
  EXPECT_THAT(json::serialize(shown("a.txt")), HasSubstr("cancel_too_late"));
  EXPECT_EQ(tasks_at_the_service(), "[]");
}

TEST_F(Wishes, CancelOfWhatIsNotSubmittedCostsNothingAndRetryTakesItUpAgain) {
  start();
  EXPECT_EQ(chunkrd({"pause", "while we look"}).exit_code, 0);
  home.drop("sub/a.txt", "Text.");
  ASSERT_TRUE(wait_for_state("sub/a.txt", "ready")) << home.daemon_log();
  EXPECT_EQ(chunkrd({"cancel", of("sub/a.txt")}).exit_code, 0);
  ASSERT_TRUE(wait_for_state("sub/a.txt", "cancelled")) << home.daemon_log();
  EXPECT_EQ(requests("create"), 0);
  expect_refused(chunkrd({"cancel", of("sub/a.txt")}), "its way is over");

  EXPECT_EQ(chunkrd({"resume"}).exit_code, 0);
  const Ran retried = chunkrd({"retry", (home.failed / "sub/a.txt").native(), "--wait", "60"});
  EXPECT_EQ(retried.exit_code, 0) << retried.err;
  EXPECT_EQ(state_of("sub/a.txt"), "done");
  EXPECT_EQ(files_below(home.failed), (std::vector<std::string>{"sub/"}));
  EXPECT_EQ(files_below(home.archive), (std::vector<std::string>{"sub/", "sub/a.txt"}));
}

// --- retry

TEST_F(Wishes, RetryOfADocumentThatTheServiceCouldNotParseIsANewTask) {
  home.profile_options = "attempts: 1";
  start("- match: {nth: 1}\n  do: {parse: {fail: broken}}\n" + kFakeParser);
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(wait_for_state("a.txt", "failed")) << home.daemon_log();
  EXPECT_EQ(chunkrd({"retry", of("a.txt"), "--wait", "60"}).exit_code, 0);
  EXPECT_EQ(state_of("a.txt"), "done") << home.daemon_log();
  EXPECT_EQ(requests("create"), 2);
  EXPECT_EQ(files_below(home.failed), (std::vector<std::string>{}));
  expect_refused(chunkrd({"retry", of("a.txt")}), "only what has failed or was cancelled");
}

TEST_F(Wishes, RetryOfWhatIsStillWrongCostsNothing) {
  home.inbox_options = "settle: 50ms, types: [txt]";
  start();
  home.drop("empty.txt", "");
  home.drop("b.pdf", "%PDF-1.4");
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  for (const auto& [name, code] : {std::pair{"empty.txt", "empty_file"}, {"b.pdf", "unsupported_type"}}) {
    EXPECT_EQ(chunkrd({"retry", "--wait", "30", of(name)}).exit_code, 0);
    EXPECT_TRUE(wait_for_state(name, "failed"));
    EXPECT_EQ(shown(name).at("error").at("code"), code);
  }
  EXPECT_EQ(requests("create"), 0);
}

TEST_F(Wishes, RetryOfAResultThatCouldNotBeReadFetchesItAndPaysNothing) {
  start("- match: {operation: get}\n  do: {empty_chunks: 5}\n" + kFakeParser);
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(wait_for_state("a.txt", "failed")) << home.daemon_log();
  EXPECT_EQ(chunkrd({"retry", of("a.txt"), "--wait", "60"}).exit_code, 0);
  EXPECT_EQ(state_of("a.txt"), "done") << home.daemon_log();
  EXPECT_EQ(requests("create"), 1) << "the task had succeeded all along";
}

// --- reuse

TEST_F(Wishes, TheSameBytesWithTheSameSettingsAreNotPaidTwice) {
  start();
  deliver("a.txt", "The same.");
  home.drop("b.txt", "The same.");
  ASSERT_TRUE(wait_for_state("b.txt", "done")) << home.daemon_log();
  EXPECT_EQ(read_file(home.outbox / "b.txt.json"), read_file(home.outbox / "a.txt.json"));
  EXPECT_EQ(requests("create"), 1);
  EXPECT_EQ(home.metric("chunkrd_reused_documents_total"), 1);
  EXPECT_THAT(chunkrd({"show", of("b.txt")}).out, HasSubstr("was delivered again"));
}

TEST_F(Wishes, ReuseCanBeSwitchedOffAndNeedsTheEarlierResult) {
  start();
  deliver("a.txt", "The same.");
  fs::remove(home.outbox / "a.txt.json");
  home.drop("b.txt", "The same.");
  ASSERT_TRUE(wait_for_state("b.txt", "done")) << home.daemon_log();
  EXPECT_EQ(requests("create"), 2) << "the earlier result was taken away";
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  home.profile_options = "parse: {ocr_strategy: Auto}, reuse: false";
  home.start_daemon();
  home.drop("c.txt", "The same.");
  ASSERT_TRUE(wait_for_state("c.txt", "done")) << home.daemon_log();
  EXPECT_EQ(requests("create"), 3);
}

// --- the daemon as a whole

TEST_F(Wishes, APauseHoldsOverARestartAndResumeEndsIt) {
  start();
  EXPECT_EQ(chunkrd({"pause", "an invoice is checked"}).exit_code, 0);
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(wait_for_state("a.txt", "ready"));
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_log("submits paused (operator)"));
  EXPECT_EQ(home.get_from_daemon("/readyz").status, 503);
  EXPECT_EQ(home.metric("chunkrd_paused{reason=\"operator\"}"), 1);
  EXPECT_TRUE(eventually([&] {
    return chunkrd({"status"}).out.find("an invoice is checked") != std::string::npos;
  })) << chunkrd({"status"}).out;
  const Ran resumed = chunkrd({"resume"});
  EXPECT_EQ(resumed.out, "resumed: operator\n");
  EXPECT_TRUE(wait_for_state("a.txt", "done"));
  EXPECT_THAT(chunkrd({"resume", "budget"}).out, HasSubstr("nothing was paused by budget"));
  EXPECT_EQ(chunkrd({"resume", "rain"}).exit_code, 64);
}

TEST_F(Wishes, ABudgetHoldsSubmitsUntilTheDayTurnsOrSomebodyResumes) {
  home.limits = "submits_per_second: 1000, documents_per_day: 2";
  start();
  for (const char* name : {"a.txt", "b.txt", "c.txt"}) home.drop(name, name);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  ASSERT_TRUE(home.wait_for_log("submits paused (budget)"));
  EXPECT_EQ(requests("create"), 2);
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  home.start_daemon();
  ASSERT_TRUE(home.wait_for_log("submits paused (budget)")) << "what was paid is not forgotten";
  EXPECT_THAT(chunkrd({"status", "--json"}).out, HasSubstr("\"documents\":2"));
  EXPECT_EQ(chunkrd({"resume", "budget"}).out, "resumed: budget\n");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_EQ(requests("create"), 3);
}

TEST_F(Wishes, DrainDeliversWhatTheServiceHasAndEndsTheDaemon) {
  start("- do: {parse: {instead: text, delay: 1s}}\n");
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("submitted job="));
  const Ran ran = chunkrd({"drain", "--wait", "60"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_TRUE(fs::exists(home.outbox / "a.txt.json"));
  EXPECT_EQ(home.stop_daemon()->exit_code, 0);
  expect_refused(chunkrd({"drain"}), "no daemon runs");
}

TEST_F(Wishes, ReloadSaysWhetherTheConfigurationWasTaken) {
  start();
  home.log_level = "debug";
  home.write_config();
  EXPECT_THAT(chunkrd({"reload"}).out, StartsWith("configuration read again from "));
  home.api_options = "reconcile_grace: 1s, connect_timeout: 3s";
  home.write_config();
  expect_refused(chunkrd({"reload"}), "api cannot change while the daemon runs: restart it");
  write_file(home.config_file(), "inboxes: [\n");
  EXPECT_EQ(chunkrd({"reload"}).exit_code, 78);
  home.api_options = "reconcile_grace: 1s";
  home.write_config();
  EXPECT_EQ(chunkrd({"reload", "--json"}).exit_code, 0);
  deliver("a.txt");
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  expect_refused(chunkrd({"reload"}), "no daemon runs: it reads the configuration when it starts");
}

TEST_F(Wishes, AKeyThatIsRenewedOnDiskEndsThePauseForTheOldOne) {
  const fs::path key = home.folder() / "key";
  write_file(key, "old\n");
  fs::permissions(key, fs::perms::owner_read | fs::perms::owner_write);
  home.api_options = "reconcile_grace: 1s, key_file: " + key.native();
  home.start_service(kFakeParser, {"--key", "new"});
  home.start_daemon();
  home.drop("a.txt", "Text.");
  ASSERT_TRUE(home.wait_for_log("submits paused (auth)")) << home.daemon_log();
  write_file(key, "new key\n");
  ASSERT_TRUE(home.wait_for_log("stays as it was")) << "with a space in it it is no key";
  write_file(key, "new\n");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "a.txt.json"));
}

// --- without a daemon

TEST_F(Wishes, WithoutADaemonTheyWaitInTheQueueForTheNext) {
  start();
  deliver("a.txt");
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  const Ran ran = chunkrd({"delete", of("a.txt"), "--json"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("\"outcome\":\"accepted\""), HasSubstr("once the daemon runs")));
  EXPECT_EQ(state_of("a.txt"), "removing");
  EXPECT_EQ(chunkrd({"pause"}).exit_code, 0);
  EXPECT_EQ(chunkrd({"resume"}).out, "resumed: operator\n");
  home.start_daemon();
  ASSERT_TRUE(wait_for_state("a.txt", "done"));
  EXPECT_EQ(tasks_at_the_service(), "[]");
}

TEST_F(Wishes, AJobThatIsNotThereIsToldForEachCommandAndNothingIsDone) {
  start();
  deliver("a.txt");
  for (const std::string command : {"retry", "cancel", "delete"}) {
    const Ran ran = chunkrd({command, of("a.txt"), of("nobody.txt")});
    EXPECT_EQ(ran.exit_code, 66) << command;
    EXPECT_THAT(ran.err, HasSubstr("nobody.txt"));
  }
  EXPECT_EQ(requests("delete"), 0);
}

// --- report

TEST_F(Wishes, ReportWritesAPageOfADeliveredDocument) {
  start();
  deliver("a.txt");
  const fs::path page = home.folder() / "look.html";
  const Ran ran = chunkrd({"report", of("a.txt"), "--out", page.native()});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.out, page.native() + "\n");
  EXPECT_THAT(read_file(page), AllOf(HasSubstr("<html"), HasSubstr("a.txt")));
  const auto told =
      boost::json::parse(chunkrd({"report", of("a.txt"), "--out", page.native(), "--json"}).out);
  EXPECT_EQ(told.at("report").as_string(), page.native());
  EXPECT_EQ(told.at("name").as_string(), "a.txt");
  fs::remove(home.outbox / "a.txt.json");
  const Ran missing = chunkrd({"report", of("a.txt"), "--out", page.native()});
  EXPECT_EQ(missing.exit_code, 66);
  EXPECT_THAT(missing.err, HasSubstr("no result in the outbox"));
}

}  // namespace
}  // namespace chunkrd::tests
