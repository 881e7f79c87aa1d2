// chunkrd process: the real program, with a chunkr-local of its own or beside one that misbehaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;
using ::testing::Not;

constexpr const char* kFakeParser = "- do: {parse: {instead: text, delay: 20ms}}\n";

std::string text_at(const json::object& object, std::string_view key) {
  return json::value_to<std::string>(object.at(key));
}

// A folder with papers, and a place for results.
class Processing : public ::testing::Test {
 protected:
  Processing() { fs::create_directory(papers); }

  fs::path paper(const std::string& name, const std::string& content = "") const {
    const fs::path file = papers / name;
    fs::create_directories(file.parent_path());
    write_file(file, content.empty() ? "content of " + name : content);
    return file;
  }
  void papers_in_number(int count) const {
    for (int i = 0; i < count; ++i) paper("paper-" + std::to_string(i) + ".pdf");
  }

  std::vector<std::string> command(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {CHUNKRD_PROGRAM, "process", "--out", out});
    return arguments;
  }
  Ran process(const std::vector<std::string>& arguments, const RunOptions& options = RunOptions()) const {
    return run(command(arguments), options);
  }
  std::vector<std::string> at_the_service(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), {"--api", "http://127.0.0.1:" + std::to_string(home.service_port())});
    return arguments;
  }
  // A run that is still going on, its output in `log`.
  Process begin(const std::vector<std::string>& arguments) const { return {command(arguments), log}; }
  bool wait_for_output(const std::string& text) const {
    return eventually([&] { return read_file(log).find(text) != std::string::npos; });
  }
  int tasks_created() const {
    int sum = 0;
    for (const auto& [name, tasks] : home.tasks_by_document()) sum += tasks.created;
    return sum;
  }

  Installation home;
  const fs::path papers = home.folder() / "papers", out = home.folder() / "parsed",
                 log = home.folder() / "log";
};

TEST_F(Processing, LocallyNeedsNoKeyNoConfigurationAndNoDaemon) {
  const fs::path report = papers / "harbour-report.pdf";
  fs::copy_file(fs::path(CHUNKRD_SAMPLES) / "harbour-report.pdf", report);
  const Ran ran = process({"--local", report}, {.environment = {{"HOME", "/nonexistent"}}});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, AllOf(HasSubstr("delivered " + report.native()), HasSubstr("1 delivered, 0 failed")));
  EXPECT_THAT(files_below(out), ElementsAre("harbour-report.pdf.json", "harbour-report.pdf.md"));
  EXPECT_THAT(read_file(out / "harbour-report.pdf.md"), HasSubstr("Harbour"));
  EXPECT_TRUE(fs::exists(report));
  const int port = std::stoi(read_file(out / ".chunkrd/process/local/port"));
  EXPECT_ANY_THROW(http_get(port, "/health")) << "its service has ended with it";
}

TEST_F(Processing, TheResultsOfALinkHaveItsName) {
  home.start_service(kFakeParser);
  paper("2026-11-27.pdf");
  fs::create_symlink("2026-11-27.pdf", papers / "latest.pdf");
  const auto arguments = at_the_service({papers / "latest.pdf"});
  const Ran ran = process(arguments);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(files_below(out), ElementsAre("latest.pdf.json", "latest.pdf.md"));
  EXPECT_EQ(process(arguments).exit_code, 0);
  EXPECT_EQ(tasks_created(), 1);
  EXPECT_THAT(files_below(out), ElementsAre("latest.pdf.json", "latest.pdf.md"));
}

TEST_F(Processing, AKilledRunTakesItsServiceWithIt) {
  paper("a.md");
  Process process = begin({"--local", papers / "a.md"});
  const fs::path port_file = out / ".chunkrd/process/local/port";
  ASSERT_TRUE(eventually([&] { return !read_file(port_file).empty(); }));
  const int port = std::stoi(read_file(port_file));
  process.signal(SIGKILL);
  ASSERT_TRUE(process.wait(std::chrono::seconds(10)));
  EXPECT_TRUE(eventually([&] {
    try {
      http_get(port, "/health");
      return false;
    } catch (const std::exception&) {
      return true;
    }
  }));
  EXPECT_EQ(run(command({"--local", papers / "a.md"})).exit_code, 0) << "and the next one goes on";
}

TEST_F(Processing, AFolderIsMirroredWithAllThatIsBelowIt) {
  home.start_service(kFakeParser);
  for (const char* name : {"a.pdf", "sub/b.pdf", "sub/deep/a.pdf", "notes.txt"}) paper(name);
  const Ran ran = process(at_the_service({papers}));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(files_below(out), IsSupersetOf({"a.pdf.json", "sub/b.pdf.md", "sub/deep/a.pdf.json"}));
  EXPECT_THAT(ran.err, HasSubstr("notes.txt"));
  EXPECT_EQ(tasks_created(), 3);
}

TEST_F(Processing, EqualNamesFromSeveralFoldersAllArrive) {
  home.start_service(kFakeParser);
  const fs::path one = paper("one/a.pdf"), two = paper("two/a.pdf");
  EXPECT_EQ(process(at_the_service({one, two})).exit_code, 0);
  EXPECT_EQ(files_below(out).size(), 4u);
}

TEST_F(Processing, ResultsInsideTheFolderAreNoDocuments) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  const std::vector<std::string> command{CHUNKRD_PROGRAM, "process",         papers,
                                         "--out",         papers / "parsed", "--artifacts",
                                         "pdf",           "--api",           at_the_service({})[1]};
  EXPECT_EQ(run(command).exit_code, 0);
  EXPECT_EQ(run(command).exit_code, 0);
  EXPECT_EQ(tasks_created(), 1);
}

TEST_F(Processing, TheSameCommandAgainPaysForNothing) {
  home.start_service(kFakeParser);
  papers_in_number(3);
  EXPECT_EQ(process(at_the_service({papers})).exit_code, 0);
  paper("later.pdf");
  const Ran again = process(at_the_service({papers}));
  EXPECT_EQ(again.exit_code, 0);
  EXPECT_THAT(again.out, AllOf(HasSubstr("by an earlier run"), HasSubstr("4 delivered")));
  EXPECT_EQ(tasks_created(), 4);
}

TEST_F(Processing, EqualBytesArePaidForOnce) {
  home.start_service(kFakeParser);
  paper("a.pdf", "the same");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  paper("b.pdf", "the same");
  const Ran ran = process(at_the_service({papers}));
  EXPECT_THAT(ran.out, HasSubstr("nothing paid"));
  EXPECT_EQ(tasks_created(), 1);
}

TEST_F(Processing, CtrlCLosesNothingAndTheSameCommandGoesOn) {
  home.start_service("- do: {parse: {instead: text, delay: 200ms}}\n", {"--workers", "1"});
  papers_in_number(12);
  Process process = begin(at_the_service({papers}));
  ASSERT_TRUE(wait_for_output("delivered "));
  process.signal(SIGINT);
  const auto ended = process.wait(std::chrono::seconds(60));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 130);
  EXPECT_THAT(read_file(log), AllOf(HasSubstr(" left; "), HasSubstr("the same command goes on")));
  const Ran rest = run(command(at_the_service({papers})));
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  EXPECT_THAT(rest.out, HasSubstr("12 delivered, 0 failed"));
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.created, 1) << name;
  EXPECT_EQ(files_below(out).size(), 24u);
}

TEST_F(Processing, ASecondCtrlCDoesNotWaitForUploads) {
  home.start_service("- match: {operation: create}\n  do: {delay: 60s}\n" + std::string(kFakeParser));
  paper("a.pdf");
  Process process = begin(at_the_service({papers}));
  ASSERT_TRUE(eventually([&] { return home.statistics().find("\"create\":1") != std::string::npos; }))
      << home.statistics();
  process.signal(SIGTERM);
  ASSERT_TRUE(wait_for_output("once more to give them up"));
  process.signal(SIGTERM);
  const auto ended = process.wait(std::chrono::seconds(15));
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended->exit_code, 130);
}

TEST_F(Processing, KillMinusNineLosesNothing) {
  home.start_service("- do: {parse: {instead: text, delay: 50ms}}\n", {"--workers", "2"});
  home.write_config();  // with a short grace for lost answers
  const std::vector<std::string> arguments{papers, "--config", home.config_file()};
  papers_in_number(20);
  for (int kill = 0; kill < 5; ++kill) {
    Process killed = begin(arguments);
    const auto lines = [&] { return read_file(out / ".chunkrd/process/log").size(); };
    const auto before = lines();
    ASSERT_TRUE(eventually([&] { return lines() > before + 800 || !killed.running(); }));
    killed.signal(SIGKILL);
    killed.wait(std::chrono::seconds(10));
  }
  const Ran rest = process(arguments);
  EXPECT_EQ(rest.exit_code, 0) << rest.err;
  for (const auto& [name, tasks] : home.tasks_by_document()) EXPECT_EQ(tasks.succeeded, 1) << name;
  EXPECT_EQ(files_below(out).size(), 40u);
}

// Killed before it was taken, and changed since: two rows of one name cannot be about to be taken.
TEST_F(Processing, AFileThatWasChangedBeforeItWasTakenIsTakenAsItIsNow) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  ASSERT_EQ(
      run({"/usr/bin/sqlite3", out / ".chunkrd/process/queue.sqlite", "UPDATE jobs SET state = 1"}).exit_code,
      0);
  paper("a.pdf", "something else");
  const Ran ran = run([&] {
    auto limited = command(at_the_service({papers}));
    limited.insert(limited.begin(), {"timeout", "60"});
    return limited;
  }());
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(tasks_created(), 2);
}

TEST_F(Processing, AFailureIs1AndIsTriedAgainByTheSameCommand) {
  // As often as a profile's attempts.
  home.start_service("- match: {file_name: \"bad-*\", first: 3}\n  do: {parse: {fail: broken}}\n" +
                     std::string(kFakeParser));
  paper("good.pdf");
  paper("bad.pdf");
  const Ran first = process(at_the_service({papers}));
  EXPECT_EQ(first.exit_code, 1);
  EXPECT_THAT(first.err,
              AllOf(HasSubstr("failed "), HasSubstr("bad.pdf: "), HasSubstr("bad.pdf.error.json")));
  EXPECT_THAT(first.out, HasSubstr("1 delivered, 1 failed"));
  EXPECT_TRUE(fs::exists(out / "failed/bad.pdf.error.json"));
  const Ran second = process(at_the_service({papers}));
  EXPECT_EQ(second.exit_code, 0) << second.err;
  EXPECT_THAT(files_below(out), IsSupersetOf({"bad.pdf.json", "good.pdf.json"}));
  EXPECT_FALSE(fs::exists(out / "failed"));
}

TEST_F(Processing, OtherSettingsUpdateWithoutASecondUpload) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  const Ran ran = process(at_the_service({papers, "--set", "ocr_strategy=Auto"}));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(tasks_created(), 1);
  const auto result = json::parse(read_file(out / "a.pdf.json"));
  EXPECT_EQ(result.at("configuration").at("ocr_strategy").as_string(), "Auto");
  EXPECT_EQ(files_below(out).size(), 2u);
}

TEST_F(Processing, AnUpdateThatFailsIs1AndTheOldResultStays) {
  home.start_service("- do: {revert_update: true}\n" + std::string(kFakeParser));
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  const std::string before = read_file(out / "a.pdf.json");
  const Ran ran = process(at_the_service({papers, "--set", "ocr_strategy=Auto"}));
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("the earlier result stays"));
  EXPECT_EQ(read_file(out / "a.pdf.json"), before);
}

TEST_F(Processing, AFailureIsTriedAgainWithTheSettingsOfTheNewCommand) {
  home.start_service("- match: {first: 3}\n  do: {parse: {fail: broken}}\n" + std::string(kFakeParser));
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 1);
  const Ran ran = process(at_the_service({papers, "--set", "ocr_strategy=Auto"}));
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  const auto result = json::parse(read_file(out / "a.pdf.json"));
  EXPECT_EQ(result.at("configuration").at("ocr_strategy").as_string(), "Auto");
}

TEST_F(Processing, WhatIsUnderWayKeepsItsSettingsAndThatIsSaid) {
  home.start_service("- do: {parse: {instead: text, delay: 2s}}\n");
  paper("a.pdf");
  Process first = begin(at_the_service({papers}));
  ASSERT_TRUE(eventually(
      [&] { return read_file(out / ".chunkrd/process/log").find("submitted") != std::string::npos; }));
  first.signal(SIGINT);
  ASSERT_TRUE(first.wait(std::chrono::seconds(30)));
  const std::vector<std::string> again = at_the_service({papers, "--set", "ocr_strategy=Auto"});
  const Ran ran = process(again);
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("is under way with the settings it was begun with"));
  EXPECT_EQ(process(again).exit_code, 0);
  EXPECT_EQ(tasks_created(), 1);
}

TEST_F(Processing, ASidecarAndAProfileAreFollowed) {
  home.start_service(kFakeParser);
  home.write_config();
  paper("plain.pdf");
  paper("special.pdf");
  paper("special.pdf.chunkr.yaml", "parse: {high_resolution: true}\n");
  std::string config = read_file(home.config_file());
  const std::string profiles = "profiles:\n";
  config.insert(config.find(profiles) + profiles.size(),
                "  other: {parse: {segmentation_strategy: Page}, artifacts: [text]}\n");
  write_file(home.config_file(), config);
  const Ran ran = process({papers, "--config", home.config_file(), "--profile", "other"});
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const auto configuration = [&](const char* name) {
    return json::parse(read_file(out / name)).at("configuration").as_object();
  };
  EXPECT_EQ(configuration("plain.pdf.json").at("segmentation_strategy").as_string(), "Page");
  EXPECT_EQ(configuration("plain.pdf.json").at("high_resolution").as_bool(), false);
  EXPECT_EQ(configuration("special.pdf.json").at("high_resolution").as_bool(), true);
  EXPECT_TRUE(fs::exists(out / "plain.pdf.txt"));
  EXPECT_FALSE(fs::exists(out / "plain.pdf.md"));
}

TEST_F(Processing, ATerminalGetsABar) {
  home.start_service("- do: {parse: {instead: text, delay: 300ms}}\n", {"--workers", "1"});
  papers_in_number(3);
  write_file(papers / "empty.pdf", "");  // has failed long before the others end
  const Ran ran = process(at_the_service({papers}), {.terminal_columns = 100});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out,
              AllOf(HasSubstr("[##"), HasSubstr("1/4, 1 failed"), HasSubstr(" parsing"), HasSubstr(" sent")));
}

TEST_F(Processing, NobodyElseSeesABar) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  const Ran ran = process(at_the_service({papers}));
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, Not(HasSubstr("\r")));
}

TEST_F(Processing, JsonHasALineForEachDocumentAndOneForAll) {
  home.start_service("- match: {file_name: \"bad-*\"}\n  do: {parse: {fail: broken}}\n" +
                     std::string(kFakeParser));
  paper("bad.pdf");
  paper("good.pdf");
  const Ran ran = process(at_the_service({papers, "--json"}));
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.err, "");
  std::istringstream lines(ran.out);
  std::vector<json::object> objects;
  for (std::string line; std::getline(lines, line);) objects.push_back(json::parse(line).as_object());
  ASSERT_EQ(objects.size(), 3u);
  const bool good_first = text_at(objects[0], "outcome") == "delivered";
  const auto &good = objects[good_first ? 0 : 1], &bad = objects[good_first ? 1 : 0];
  EXPECT_EQ(text_at(good, "document"), papers / "good.pdf");
  EXPECT_EQ(text_at(good, "result"), out / "good.pdf.json");
  EXPECT_TRUE(good.at("error").is_null());
  EXPECT_EQ(text_at(bad, "outcome"), "failed");
  EXPECT_EQ(text_at(bad.at("error").as_object(), "code"), "task_failed");
  EXPECT_EQ(objects[2].at("delivered").as_int64(), 1);
  EXPECT_EQ(objects[2].at("failed").as_int64(), 1);
  const std::string docs = read_file(fs::path(CHUNKRD_DOCS) / "commands.md");
  for (const auto& object : objects)
    for (const auto& [key, value] : object) EXPECT_THAT(docs, HasSubstr("`" + std::string(key) + "`"));
}

// --- another service

TEST_F(Processing, ResultsOfAnotherServiceAreNotTakenForThoseAskedFor) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  const std::string first = fmt::format("http://127.0.0.1:{}", home.service_port());
  const std::string second = fmt::format("http://localhost:{}", home.service_port());
  paper("b.pdf", "another");
  const Ran refused = process({"--api", second, papers});
  EXPECT_EQ(refused.exit_code, 64) << refused.err;
  EXPECT_THAT(refused.err,
              AllOf(HasSubstr("1 document there was parsed by " + first), HasSubstr("--another-service")));
  EXPECT_EQ(tasks_created(), 1);
  for (int i = 0; i < 2; ++i) {
    const Ran meant = process({"--another-service", "--api", second, papers});
    EXPECT_EQ(meant.exit_code, 0) << meant.err;
    EXPECT_THAT(meant.out, HasSubstr("by an earlier run with " + first));
    EXPECT_EQ(tasks_created(), 2);
  }
}

TEST_F(Processing, QuietTellsOnlyWhatHasFailed) {
  home.start_service("- match: {file_name: \"bad-*\"}\n  do: {parse: {fail: broken}}\n" +
                     std::string(kFakeParser));
  paper("good.pdf");
  auto arguments = at_the_service({papers});
  arguments.insert(arguments.begin(), "--quiet");
  Ran ran = process(arguments);
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_EQ(ran.out + ran.err, "");
  paper("bad.pdf", "worse");
  ran = process(arguments);
  EXPECT_EQ(ran.out, "");
  EXPECT_THAT(ran.err, HasSubstr("bad.pdf: "));
}

// --- what goes wrong

TEST_F(Processing, AServiceThatIsNotThereIs69) {
  paper("a.pdf");
  const Ran ran = process({"--api", "http://127.0.0.1:1", papers});
  EXPECT_EQ(ran.exit_code, 69);
  EXPECT_THAT(ran.err, HasSubstr("cannot be reached"));
}

TEST_F(Processing, ARefusedKeyIs77AndEndsTheRun) {
  home.start_service(kFakeParser, {"--key", "right"});
  paper("a.pdf");
  const Ran wrong = process(at_the_service({papers}), {.environment = {{"CHUNKRD_API_KEY", "wrong"}}});
  EXPECT_EQ(wrong.exit_code, 77);
  EXPECT_THAT(wrong.err, HasSubstr("refuses the API key"));
  EXPECT_EQ(process(at_the_service({papers}), {.environment = {{"CHUNKRD_API_KEY", "right"}}}).exit_code, 0);
}

TEST_F(Processing, AMissingKeyIs78) {
  paper("a.pdf");
  const Ran ran =
      process({papers, "--api", "https://api.chunkr.ai"}, {.environment = {{"CHUNKRD_API_KEY", ""}}});
  EXPECT_EQ(ran.exit_code, 78);
  EXPECT_THAT(ran.err, HasSubstr("API key"));
}

TEST_F(Processing, AnOutThatIsWorkedOnIs75) {
  home.start_service("- do: {parse: {instead: text, delay: 30s}}\n");
  paper("a.pdf");
  const Process first = begin(at_the_service({papers}));
  ASSERT_TRUE(eventually(
      [&] { return read_file(out / ".chunkrd/process/log").find("submitted") != std::string::npos; }));
  const Ran second = process(at_the_service({papers}));
  EXPECT_EQ(second.exit_code, 75);
  EXPECT_THAT(second.err, HasSubstr("another `chunkrd process` works on"));
}

TEST_F(Processing, UnfinishedDocumentsDoNotGoToAnotherService) {
  home.start_service("- do: {parse: {instead: text, delay: 30s}}\n");
  paper("a.pdf");
  Process first = begin(at_the_service({papers}));
  ASSERT_TRUE(eventually(
      [&] { return read_file(out / ".chunkrd/process/log").find("submitted") != std::string::npos; }));
  first.signal(SIGINT);
  ASSERT_TRUE(first.wait(std::chrono::seconds(30)));
  const Ran second = process({papers, "--local"});
  EXPECT_EQ(second.exit_code, 64);
  EXPECT_THAT(second.err, HasSubstr("is not finished"));
}

TEST_F(Processing, ResultsThatWereTakenAwayAreNotPaidForAgainUnasked) {
  home.start_service(kFakeParser);
  paper("a.pdf");
  ASSERT_EQ(process(at_the_service({papers})).exit_code, 0);
  fs::remove(out / "a.pdf.json");
  const Ran again = process(at_the_service({papers}));
  EXPECT_EQ(again.exit_code, 1);
  EXPECT_THAT(again.err, HasSubstr("is gone"));
  EXPECT_EQ(tasks_created(), 1);
}

TEST_F(Processing, AnOutThatMayNotBeWrittenIs77) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become nobody";
  paper("a.pdf");
  for (fs::path folder = papers; folder != folder.root_path(); folder = folder.parent_path())
    fs::permissions(folder, fs::perms::others_exec | fs::perms::others_read, fs::perm_options::add);
  const Ran ran = process({papers, "--local"}, {.user = 65534});
  EXPECT_EQ(ran.exit_code, 77) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr("--out"));
}

TEST_F(Processing, WrongArgumentsAre64Or66AndNothingIsMade) {
  const fs::path file = paper("a.pdf");
  struct Row {
    std::vector<std::string> arguments;
    int code;
    const char* told;
  };
  const Row table[] = {
      {{}, 64, "required"},
      {{papers / "gone.pdf"}, 66, "gone.pdf: No such file"},
      {{file, "--local", "--api", "http://127.0.0.1:1"}, 64, "excludes"},
      {{file, "--api", "ftp://x"}, 64, "--api: the URL must begin with"},
      {{file, "--local", "--set", "ocr=1"}, 64, "--set: ocr: unknown key"},
      {{file, "--local", "--artifacts", "png"}, 64, "--artifacts: unknown value \"png\""},
      {{file, "--local", "--profile", "other"}, 64, "there is no profile \"other\""},
      {{file, "--config", papers / "none.yaml"}, 78, "none.yaml"},
  };
  for (const Row& row : table) {
    const Ran ran = process(row.arguments);
    EXPECT_EQ(ran.exit_code, row.code) << row.told;
    EXPECT_THAT(ran.err, HasSubstr(row.told));
  }
  EXPECT_FALSE(fs::exists(out));
}

}  // namespace
}  // namespace chunkrd::tests
