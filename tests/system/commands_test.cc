// The commands that look: the real program beside a running daemon, after it, and where things are wrong.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/support/temporary_folder.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::UnorderedElementsAre;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::vector<json::object> objects_of(const std::string& ndjson) {
  std::vector<json::object> objects;
  for (const std::string& line : lines_of(ndjson)) objects.push_back(json::parse(line).as_object());
  return objects;
}

std::string text_at(const json::object& object, std::string_view key) {
  return json::value_to<std::string>(object.at(key));
}

// Two documents delivered, one failed.
class Looking : public ::testing::Test {
 protected:
  void start() {
    home.start_service(kFakeParser);
    home.start_daemon();
  }
  void work() {
    home.drop("one.txt", "One.");
    home.drop("sub/two \xFF.txt", "Two.");
    home.drop("empty.pdf", "");
    ASSERT_TRUE(home.wait_for_ends(3)) << home.daemon_log();
  }

  Ran chunkrd(std::vector<std::string> arguments, const RunOptions& options = RunOptions()) {
    return home.command(std::move(arguments), options);
  }

  // What an error must look like: one message on standard error, nothing on standard output.
  void expect_error(const Ran& ran, int code, const std::string& says) {
    EXPECT_EQ(ran.exit_code, code) << ran.err;
    EXPECT_THAT(ran.err, AllOf(StartsWith("chunkrd: "), HasSubstr(says)));
    EXPECT_EQ(ran.out, "");
  }

  std::string id_of(const std::string& name) {
    for (const auto& job : objects_of(chunkrd({"jobs", "--all", "--json"}).out))
      if (text_at(job, "name") == name) return text_at(job, "id");
    return {};
  }

  Installation home;
};

// --- the frame

TEST(EveryCommand, HasAnExampleInItsHelpAndIsInTheManPageAndInTheDocuments) {
  const std::string page = read_file(fs::path(CHUNKRD_DOCS) / "chunkrd.1.scd");
  const std::string docs = read_file(fs::path(CHUNKRD_DOCS) / "commands.md");
  const Ran help = run({CHUNKRD_PROGRAM, "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("Example:"), HasSubstr("Exit codes:"), Not(HasSubstr("__complete"))));
  std::size_t commands = 0;
  bool listed = false;
  for (const std::string& line : lines_of(help.out)) {
    if (line == "Subcommands:") listed = true;
    if (line.empty()) {
      if (commands > 0) break;
      continue;
    }
    if (!listed || !line.starts_with("  ") || line[2] == ' ') continue;
    const std::string name = line.substr(2, line.find(' ', 2) - 2);
    const Ran ran = run({CHUNKRD_PROGRAM, name, "--help"});
    EXPECT_EQ(ran.exit_code, 0) << name;
    EXPECT_THAT(ran.out, HasSubstr("Example:\n  chunkrd " + name)) << name;
    EXPECT_THAT(page, HasSubstr("*" + name + "*"));
    if (name != "run") EXPECT_THAT(docs, HasSubstr("chunkrd " + name));
    ++commands;
  }
  EXPECT_GE(commands, 6U);
  for (const char* code : {"0", "1", "64", "65", "66", "69", "70", "71", "74", "75", "77", "78", "130"}) {
    EXPECT_THAT(page, HasSubstr("\n*" + std::string(code) + "*\n"));
    EXPECT_THAT(help.out, HasSubstr(" " + std::string(code) + "  "));
  }
}

TEST(ACommandLine, ThatCannotBeUnderstoodIs64AndSaysWhereHelpIs) {
  for (const auto& [arguments, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "see chunkrd --help"},
           {{"walk"}, "there is no command walk; chunkrd --help lists them"},
           {{"sttaus"}, "there is no command sttaus; did you mean status?"},
           {{"help", "sttaus"}, "did you mean status?"},
           {{"\x1b[2J"}, "there is no command %1B[2J;"},
           {{"jobs", "--walk"}, "see chunkrd jobs --help"},
           {{"jobs", "--limit", "many"}, "see chunkrd jobs --help"},
           {{"jobs", "--all", "--limit", "3"}, "see chunkrd jobs --help"},
           {{"show"}, "job is required; see chunkrd show --help"},
           {{"completion", "ksh"}, "there is none for \"ksh\"; only bash, fish, zsh"}}) {
    std::vector<std::string> command = arguments;
    command.insert(command.begin(), CHUNKRD_PROGRAM);
    const Ran ran = run(command);
    EXPECT_EQ(ran.exit_code, 64) << says;
    EXPECT_THAT(ran.err, AllOf(StartsWith("chunkrd: "), HasSubstr(says)));
    EXPECT_EQ(ran.out, "");
  }
}

TEST(Init, MakesAConfigurationThatWorks) {
  const TemporaryFolder home;
  const std::string folder = (home / "first").native(), file = folder + "/chunkrd.yaml";
  const Ran made = run({CHUNKRD_PROGRAM, "init", folder, "--api", "http://127.0.0.1:9"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("chunkrd run --config " + file));
  const Ran checked = run({CHUNKRD_PROGRAM, "check", "--config", file});
  EXPECT_THAT(checked.out, HasSubstr("folders  all usable"));
  const Ran asked = run({CHUNKRD_PROGRAM, "status", "--config", file});
  EXPECT_EQ(asked.exit_code, 66) << asked.err;  // the daemon has not run yet
}

TEST(Init, LeavesAConfigurationThatIsThereAlone) {
  const TemporaryFolder home;
  const std::string folder = home.path().native();
  std::ofstream(home / "chunkrd.yaml") << "mine";
  const Ran ran = run({CHUNKRD_PROGRAM, "init", folder});
  EXPECT_EQ(ran.exit_code, 64);
  EXPECT_THAT(ran.err, HasSubstr("is there already"));
  EXPECT_EQ(fs::file_size(home / "chunkrd.yaml"), 4U);
  EXPECT_FALSE(fs::exists(home / "inbox"));
}

TEST(Init, RefusesAnAddressThatIsNone) {
  const TemporaryFolder home;
  const Ran ran = run({CHUNKRD_PROGRAM, "init", (home / "x").native(), "--api", "api.chunkr.ai"});
  EXPECT_EQ(ran.exit_code, 64) << ran.err;
  EXPECT_FALSE(fs::exists(home / "x"));
}

TEST(ACommandLine, IsUnderstoodAsPeopleTypeItElsewhere) {
  EXPECT_EQ(run({CHUNKRD_PROGRAM, "help"}).out, run({CHUNKRD_PROGRAM, "--help"}).out);
  EXPECT_EQ(run({CHUNKRD_PROGRAM, "help", "jobs"}).out, run({CHUNKRD_PROGRAM, "jobs", "--help"}).out);
  EXPECT_EQ(run({CHUNKRD_PROGRAM, "-V"}).out, run({CHUNKRD_PROGRAM, "--version"}).out);
  const std::string missing = "/no/such/chunkrd.yaml";
  for (const auto& config : std::vector<std::vector<std::string>>{
           {"-c", missing}, {"--config", missing}, {"--config=" + missing}, {"-c" + missing}}) {
    std::vector<std::string> command{CHUNKRD_PROGRAM};
    command.insert(command.end(), config.begin(), config.end());
    command.push_back("status");
    const Ran ran = run(command);
    EXPECT_EQ(ran.exit_code, 78);
    EXPECT_THAT(ran.err, HasSubstr(missing));
  }
}

TEST_F(Looking, AQueueThatIsNotThereIs66AndIsNotMade) {
  home.write_config();
  for (const auto& command : std::vector<std::vector<std::string>>{{"jobs"}, {"show", "01"}, {"status"}})
    expect_error(chunkrd(command), 66, "there is no queue yet; start the daemon with `chunkrd run`");
  EXPECT_THAT(files_below(home.state), IsEmpty());
}

TEST_F(Looking, AWrongConfigurationIs78) {
  write_file(home.config_file(), "apy: {}\n");
  for (const auto& command : std::vector<std::vector<std::string>>{{"jobs"}, {"show", "01"}, {"status"}})
    expect_error(chunkrd(command), 78, "apy: unknown key; did you mean \"api\"?");
}

TEST_F(Looking, ADamagedQueueIs74) {
  home.write_config();
  write_file(home.state / "queue.sqlite", std::string(8192, 'x'));
  for (const auto& command : std::vector<std::vector<std::string>>{{"jobs"}, {"show", "01"}, {"status"}})
    expect_error(chunkrd(command), 74, "is damaged or no SQLite database");
}

TEST_F(Looking, AQueueThatMayNotBeReadIs77) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become nobody";
  start();
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  fs::permissions(home.folder(), fs::perms(0755));
  fs::permissions(home.state, fs::perms(0700));
  expect_error(chunkrd({"jobs"}, {.user = 65534}), 77, "run the command as the daemon's user");
}

TEST_F(Looking, OutputThatCannotBeWrittenIs74) {
  start();
  work();
  const Ran ran = chunkrd({"jobs", "--json"}, {.output_file = "/dev/full"});
  EXPECT_EQ(ran.exit_code, 74);
  EXPECT_THAT(ran.err, HasSubstr("standard output: cannot be written"));
}

// Somebody edits the file while the daemon works with what it has read before.
TEST_F(Looking, AMistakeInTheFileBlindsNobodyWhileTheDaemonRuns) {
  start();
  work();
  const std::string good = read_file(home.config_file());
  write_file(home.config_file(), good + "inboxes:\n  - path: /x\n  \x1b[31moutbox: /y\n");
  for (const auto& command :
       std::vector<std::vector<std::string>>{{"status"}, {"jobs"}, {"pause"}, {"resume"}}) {
    const Ran ran = chunkrd(command);
    EXPECT_EQ(ran.exit_code, 0) << command[0] << ran.err;
    EXPECT_THAT(ran.err, AllOf(HasSubstr("the configuration has mistakes"), HasSubstr("chunkrd.yaml:"),
                               Not(HasSubstr("\x1b"))));
  }
  EXPECT_THAT(chunkrd({"status"}).out, AllOf(HasSubstr("running since"), HasSubstr(home.inbox.native())));
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  EXPECT_EQ(chunkrd({"status"}).exit_code, 78) << "nobody works with anything else";
}

TEST_F(Looking, CheckSaysThatTheMetricsPortIsTaken) {
  start();
  home.top_level = "metrics: {listen: \"127.0.0.1:" + std::to_string(home.service_port()) + "\"}";
  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  std::string text = read_file(home.config_file());
  const auto from = text.find("metrics:"), to = text.find('\n', from);
  write_file(home.config_file(), text.replace(from, to - from, home.top_level));
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("metrics.listen: cannot listen at 127.0.0.1:"));
}

// --- jobs

TEST_F(Looking, JobsAreListedBesideTheDaemonAfterItAndAfterItWasKilled) {
  start();
  work();
  const auto expect_listed = [&] {
    const Ran table = chunkrd({"jobs"});
    EXPECT_EQ(table.exit_code, 0) << table.err;
    EXPECT_EQ(lines_of(table.out).size(), 4U);
    EXPECT_THAT(table.out, AllOf(StartsWith("JOB"), HasSubstr("sub/two %FF.txt"), HasSubstr("empty_file"),
                                 Not(HasSubstr("\x1b"))));
    EXPECT_EQ(objects_of(chunkrd({"jobs", "--json"}).out).size(), 3U);
  };
  expect_listed();
  home.daemon().signal(SIGKILL);
  home.daemon().wait(std::chrono::seconds(10));
  expect_listed();
  home.start_daemon();
  EXPECT_EQ(home.stop_daemon()->exit_code, 0);
  expect_listed();
}

TEST_F(Looking, JobsAreChosenByStateErrorInboxAndAge) {
  start();
  work();
  const auto names = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"jobs", "--json"});
    std::vector<std::string> found;
    const Ran ran = chunkrd(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    for (const auto& job : objects_of(ran.out)) found.push_back(text_at(job, "name"));
    return found;
  };
  EXPECT_THAT(names({"--state", "failed"}), ElementsAre("empty.pdf"));
  EXPECT_THAT(names({"--state", "done,failed"}),
              UnorderedElementsAre("empty.pdf", "one.txt", "sub/two %FF.txt"));
  EXPECT_THAT(names({"--state", "ready"}), IsEmpty());
  EXPECT_THAT(names({"--error", "empty_file"}), ElementsAre("empty.pdf"));
  EXPECT_EQ(names({"--inbox", home.inbox / "sub" / ".."}).size(), 3U);
  EXPECT_THAT(names({"--inbox", "/elsewhere"}), IsEmpty());
  EXPECT_EQ(names({"--since", "1h"}).size(), 3U);
  EXPECT_THAT(names({"--since", "0s"}), IsEmpty());
  EXPECT_EQ(names({"--limit", "2"}).size(), 2U);
  EXPECT_EQ(lines_of(chunkrd({"jobs", "--ids", "--state", "done"}).out).size(), 2U);
  expect_error(chunkrd({"jobs", "--state", "lost"}), 64,
               "there is no state \"lost\"; the states are claiming, ready");
  expect_error(chunkrd({"jobs", "--since", "soon"}), 64, "--since: \"soon\" is no time; write 30m, 2h, 7d");
  EXPECT_THAT(chunkrd({"jobs", "--state", "ready"}).err, HasSubstr("no such jobs"));
}

TEST_F(Looking, ATerminalGetsColoursAndLinesThatFit) {
  start();
  home.drop("a-name-that-is-much-longer-than-a-narrow-terminal-has-columns.txt", "Long.");
  ASSERT_TRUE(home.wait_for_ends(1));
  const Ran narrow = chunkrd({"jobs"}, {.terminal_columns = 70});
  EXPECT_THAT(narrow.out,
              AllOf(HasSubstr("\x1b[32mdone\x1b[0m"), HasSubstr("…"), Not(HasSubstr("terminal-has"))));
  EXPECT_THAT(chunkrd({"jobs"}, {.terminal_columns = 200}).out, HasSubstr("narrow-terminal-has-columns.txt"));
  const Ran plain = chunkrd({"jobs"}, {.environment = {{"NO_COLOR", "1"}}, .terminal_columns = 70});
  EXPECT_THAT(plain.out, AllOf(Not(HasSubstr("\x1b")), HasSubstr("…")));
  EXPECT_THAT(chunkrd({"jobs"}, {.environment = {{"COLUMNS", "70"}}}).out, Not(HasSubstr("…")))
      << "no terminal: nothing is cut";
}

// --- show

TEST_F(Looking, ShowTellsTheWholeStoryOfAJobByIdPrefixAndPath) {
  start();
  work();
  const std::string id = id_of("one.txt");
  const std::string story = chunkrd({"show", id}).out;
  EXPECT_THAT(story, AllOf(HasSubstr(id), HasSubstr("done since"), HasSubstr("1 page"), HasSubstr("found  "),
                           HasSubstr("submitted  "), HasSubstr("delivered  "),
                           HasSubstr((home.outbox / "one.txt.json").native()),
                           HasSubstr((home.archive / "one.txt").native())));
  for (const fs::path& path : {home.outbox / "one.txt.json", home.outbox / "one.txt.md",
                               home.archive / "one.txt", home.inbox / "one.txt"})
    EXPECT_THAT(chunkrd({"show", path}).out, HasSubstr(id)) << path;
  const auto failed =
      objects_of(chunkrd({"show", home.failed / "empty.pdf.error.json", "--json"}).out).front();
  EXPECT_EQ(text_at(failed, "name"), "empty.pdf");
  EXPECT_EQ(failed.at("error").at("code"), "empty_file");
  EXPECT_EQ(failed.at("settings").at("ocr_strategy"), "Auto");
  std::vector<std::string> where, told;
  for (const auto& one : failed.at("where").as_array()) where.emplace_back(one.at("what").as_string());
  for (const auto& event : failed.at("story").as_array()) told.emplace_back(event.at("what").as_string());
  EXPECT_THAT(where, ElementsAre("failed", "report"));
  EXPECT_THAT(told, ElementsAre("found", "given_up", "buried"));
}

TEST_F(Looking, AJobThatIsNotThereIs66AndOneOfSeveralIs64) {
  start();
  work();
  expect_error(chunkrd({"show", "zzzz"}), 66, "no job's id begins so");
  expect_error(chunkrd({"show", home.outbox / "nothing.json"}), 66,
               "no document is known by that name, or that path");
  expect_error(chunkrd({"show", "0"}), 64, "several ids begin so; give more of it:\n  ");
}

// --- status

TEST_F(Looking, StatusSaysWhetherTheDaemonRunsAndWhatItHasDone) {
  start();
  work();
  auto status = objects_of(chunkrd({"status", "--json"}).out).front();
  EXPECT_TRUE(status.at("running").as_bool());
  EXPECT_EQ(status.at("states").at("done").as_int64(), 2);
  EXPECT_EQ(status.at("states").at("failed").as_int64(), 1);
  EXPECT_EQ(status.at("unfinished").as_int64(), 0);
  EXPECT_TRUE(status.at("oldest_unfinished").is_null());
  EXPECT_THAT(text_at(status.at("last_done").as_object(), "name"), EndsWith(".txt"));
  EXPECT_EQ(status.at("pending_commands").as_int64(), 0);
  EXPECT_TRUE(status.at("today").as_object().contains("pages"));
  EXPECT_EQ(status.at("inboxes").at(0).at("path").as_string(), home.inbox.native());
  ASSERT_TRUE(eventually([&] {
    status = objects_of(chunkrd({"status", "--json"}).out).front();
    return !status.at("daemon").is_null();
  })) << "the daemon never told how it is doing";
  EXPECT_EQ(status.at("daemon").at("pid").as_int64(), home.daemon().pid());
  EXPECT_THAT(status.at("daemon").at("pauses").as_array(), IsEmpty());
  EXPECT_THAT(chunkrd({"status"}).out,
              AllOf(HasSubstr("daemon      running since"), HasSubstr("done               2")));

  ASSERT_EQ(home.stop_daemon()->exit_code, 0);
  const Ran stopped = chunkrd({"status"});
  EXPECT_EQ(stopped.exit_code, 0);
  EXPECT_THAT(stopped.out, HasSubstr("not running"));
  status = objects_of(chunkrd({"status", "--json"}).out).front();
  EXPECT_FALSE(status.at("running").as_bool());
  EXPECT_TRUE(status.at("daemon").is_null());
}

// --- check

// The finding of `check` about this subject that says so.
testing::Matcher<std::string> finding(const std::string& level, const std::string& check,
                                      const std::string& says) {
  return testing::ContainsRegex("(^|\n)" + level + " +" + check + " +[^\n]*" + says);
}

TEST_F(Looking, CheckFindsNothingWrongWhereNothingIs) {
  start();
  work();
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  for (const auto& [check, says] :
       std::vector<std::pair<std::string, std::string>>{{"config", "1 inboxes"},
                                                        {"folders", "usable"},
                                                        {"folders", "by a rename"},
                                                        {"space", "free for state"},
                                                        {"key", "none is needed"},
                                                        {"key", "accepted"},
                                                        {"api", "OK - Version"},
                                                        {"queue", "whole, 3 jobs"},
                                                        {"daemon", "running"},
                                                        {"clock", "s from the service's at most"}})
    EXPECT_THAT(ran.out, finding("ok", check, says));
  const auto report = json::parse(chunkrd({"check", "--json"}).out);
  EXPECT_NE(text_at(report.as_object(), "level"), "error");
  for (const auto& check : report.at("checks").as_array())
    for (const char* key : {"check", "level", "text", "advice"}) EXPECT_TRUE(check.as_object().contains(key));
}

TEST_F(Looking, CheckMakesNothing) {
  home.write_config();
  fs::remove(home.outbox);
  fs::remove(home.state);
  const auto before = files_below(home.folder());
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(files_below(home.folder()), before);
  EXPECT_THAT(ran.out, finding("ok", "folders", "outbox.* will be made"));
  EXPECT_THAT(ran.out, finding("ok", "queue", "not there yet"));
  EXPECT_THAT(ran.out, finding("warning", "daemon", "not running"));
}

TEST_F(Looking, CheckNamesEveryTroubleAtOnceAndEndsWith1) {
  home.write_config();  // nobody listens on the service's port
  fs::remove(home.inbox);
  write_file(home.state / "queue.sqlite", std::string(8192, 'x'));
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, finding("error", "folders", "inboxes\\[0\\].path .*does not exist"));
  EXPECT_THAT(ran.out, finding("error", "queue", "is damaged or no SQLite database"));
  EXPECT_THAT(ran.out, finding("error", "api", "Failed to connect"));
  EXPECT_THAT(ran.out, HasSubstr("or start chunkr-local"));
}

TEST_F(Looking, CheckSaysThatTheKeyIsRefused) {
  home.start_service(kFakeParser, {"--key", "right"});
  write_file(home.folder() / "key", "wrong\n");
  fs::permissions(home.folder() / "key", fs::perms(0644));
  home.api_options += ", key_file: " + (home.folder() / "key").native();
  home.write_config();
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, finding("error", "key", "answers 401"));
  EXPECT_THAT(ran.out, finding("warning", "key", "everybody on this machine may read it"));
  EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("wrong")));
  write_file(home.folder() / "key", "");
  EXPECT_THAT(chunkrd({"check"}).out, finding("error", "key", "is empty"));
}

TEST_F(Looking, CheckSaysEverythingThatIsWrongWithTheConfiguration) {
  write_file(home.config_file(), "apy: {}\nlimits: {uploads: many}\n");
  const Ran ran = chunkrd({"check"});
  EXPECT_EQ(ran.exit_code, 78);
  EXPECT_THAT(ran.out, AllOf(finding("error", "config", "apy: unknown key"),
                             finding("error", "config", "limits.uploads")));
  EXPECT_EQ(text_at(json::parse(chunkrd({"check", "--json"}).out).as_object(), "level"), "error");
}

// --- the documents

// Every member of the value, also those of what is inside it.
void expect_documented(const json::value& value, const std::string& docs) {
  if (value.is_array())
    for (const auto& item : value.as_array()) expect_documented(item, docs);
  if (!value.is_object()) return;
  for (const auto& [key, inside] : value.as_object()) {
    const std::string name(key);
    bool found = false;
    for (const char* mark : {"`", ".", " ", "\""})
      for (const char* end : {"`", " ", "\""})
        found = found || docs.find(mark + name + end) != std::string::npos;
    EXPECT_TRUE(found) << name;
    // The states are no members to name one by one, the settings are the API's.
    if (name != "states" && name != "settings") expect_documented(inside, docs);
  }
}

TEST_F(Looking, EveryMemberOfTheJsonIsInTheDocuments) {
  start();
  work();
  const std::string docs = read_file(fs::path(CHUNKRD_DOCS) / "commands.md");
  for (const auto& command : std::vector<std::vector<std::string>>{{"jobs", "--json"},
                                                                   {"status", "--json"},
                                                                   {"check", "--json"},
                                                                   {"show", "--json", id_of("empty.pdf")}})
    for (const auto& object : objects_of(chunkrd(command).out)) expect_documented(object, docs);
  for (const char* command : {"status", "jobs", "show", "check", "completion"})
    EXPECT_THAT(docs, HasSubstr("\n## " + std::string(command) + "\n"));
}

// --- completion

class Completing : public Looking {
 protected:
  // What bash offers for the last of these words.
  std::vector<std::string> completed(std::vector<std::string> words) {
    words.insert(words.begin(), CHUNKRD_PROGRAM);
    std::string list;
    for (const auto& word : words) list += " '" + word + "'";
    const Ran ran =
        run({"bash", "-c",
             "set -u; source <('" CHUNKRD_PROGRAM "' completion bash); COMP_WORDS=(" + list +
                 "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMPREPLY=(); _chunkrd; printf '%s\\n' "
                 "\"${COMPREPLY[@]}\""});
    EXPECT_EQ(ran.exit_code, 0);
    EXPECT_EQ(ran.err, "");
    auto lines = lines_of(ran.out);
    std::erase(lines, "");
    return lines;
  }
};

TEST_F(Completing, OffersCommandsOptionsAndStates) {
  EXPECT_THAT(completed({"s"}), UnorderedElementsAre("status", "show"));
  EXPECT_THAT(completed({"--h"}), ElementsAre("--help"));
  EXPECT_THAT(completed({"jobs", "--st"}), ElementsAre("--state"));
  EXPECT_THAT(completed({"jobs", "--state", "de"}), UnorderedElementsAre("delivering", "delivered"));
  EXPECT_THAT(completed({"jobs", "--state", "=", "fa"}), ElementsAre("failed"));
  EXPECT_THAT(completed({"jobs", "--state", "done,fa"}), ElementsAre("done,failed"));
  EXPECT_THAT(completed({"completion", ""}), UnorderedElementsAre("bash", "fish", "zsh"));
  EXPECT_THAT(completed({"jobs", "--limit", ""}), IsEmpty());
  EXPECT_THAT(completed({"walk", ""}), IsEmpty());
}

TEST_F(Completing, OffersWhatIsInTheQueueAndTheConfiguration) {
  start();
  work();
  const std::string id = id_of("one.txt"), config = home.config_file();
  EXPECT_EQ(completed({"show", "--config", config, ""}).size(), 3U);
  EXPECT_EQ(completed({"cancel", "--config", config, id, ""}).size(), 3U) << "of several jobs, each";
  EXPECT_THAT(completed({"show", "--config", config, id.substr(0, 20)}), ElementsAre(id));
  EXPECT_THAT(completed({"jobs", "--config", config, "--error", ""}), ElementsAre("empty_file"));
  EXPECT_THAT(completed({"jobs", "--config", config, "--inbox", ""}), ElementsAre(home.inbox.native()));
  EXPECT_THAT(completed({"show", (home.outbox / "one.txt.j").native()}),
              ElementsAre((home.outbox / "one.txt.json").native()));
}

TEST_F(Completing, OffersNothingWhereThereIsNoQueueAndSaysNothing) {
  home.write_config();
  EXPECT_THAT(completed({"show", "--config", home.config_file(), "0"}), IsEmpty());
  EXPECT_THAT(completed({"jobs", "--config", "/nowhere", "--error", ""}), IsEmpty());
}

}  // namespace
}  // namespace chunkrd::tests
