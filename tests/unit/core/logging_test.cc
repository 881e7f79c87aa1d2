#include "core/logging.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <filesystem>

#include "core/fd.h"
#include "core/iso_time.h"
#include "core/journal.h"
#include "core/log_about.h"

namespace chunkrd {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// What a process writes to standard error that logs `messages` at level info, one about `about`, and one at
// debug.
std::string logged(LogFormat format, const std::vector<std::string>& messages, const About* about = nullptr) {
  std::array<int, 2> ends{};
  if (::pipe(ends.data()) != 0) return "pipe failed";
  const FileDescriptor read_end(ends[0]);
  FileDescriptor write_end(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(write_end.get(), STDERR_FILENO);
    if (const char* stream = std::getenv("JOURNAL_STREAM");
        stream != nullptr && stream == std::string_view("standard error")) {
      struct stat status{};
      ::fstat(STDERR_FILENO, &status);
      ::setenv("JOURNAL_STREAM",
               (std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino)).c_str(), 1);
    }
    set_up_logging(LogLevel::info, format);
    spdlog::debug("not shown");
    for (const auto& message : messages) spdlog::info("{}", message);
    if (about != nullptr) log_about(spdlog::level::info, "submitted", *about, "2 pages");
    spdlog::warn("a warning");
    spdlog::error("an error");
    ::_exit(0);
  }
  write_end = FileDescriptor();
  std::string output;
  std::array<char, 4096> buffer;
  for (ssize_t got = 0; (got = ::read(read_end.get(), buffer.data(), buffer.size())) > 0;)
    output.append(buffer.data(), static_cast<std::size_t>(got));
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return output;
}

std::vector<std::string> lines(const std::string& output) {
  std::vector<std::string> all;
  for (std::size_t start = 0, end = 0; (end = output.find('\n', start)) != std::string::npos; start = end + 1)
    all.push_back(output.substr(start, end - start));
  return all;
}

TEST(JsonLog, IsOneValidObjectALineWhateverIsLogged) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::vector<std::string> messages{"plain",
                                          "quote \" backslash \\ newline \n tab \t",
                                          every_byte,
                                          "\xE2\x82\xAC \xF0\x9F\x98\x80",
                                          "cut \xE2\x82",
                                          std::string("\0", 1),
                                          ""};
  const auto output = lines(logged(LogFormat::json, messages));
  ASSERT_EQ(output.size(), messages.size() + 2);
  for (std::size_t i = 0; i < output.size(); ++i) {
    boost::system::error_code error;
    const auto line = boost::json::parse(output[i], error);
    ASSERT_FALSE(error) << output[i];
    EXPECT_TRUE(from_iso(line.at("time").as_string().c_str())) << output[i];
    if (i < 2 || i == 3) EXPECT_EQ(line.at("message").as_string(), messages[i]);
  }
  EXPECT_EQ(boost::json::parse(output.back()).at("level").as_string(), "error");
  EXPECT_EQ(boost::json::parse(output[0]).at("level").as_string(), "info");
}

TEST(JsonLog, HasWhatALineIsAboutAsMembersOfTheirOwn) {
  const About about{.job = "01j0", .name = "a \"b\"\n\xff.pdf", .state = "submitted", .task_id = "task-1"};
  const auto output = lines(logged(LogFormat::json, {"before"}, &about));
  ASSERT_EQ(output.size(), 4U);
  const auto line = boost::json::parse(output[1]).as_object();
  EXPECT_EQ(line.at("job").as_string(), "01j0");
  EXPECT_EQ(line.at("name").as_string(), "a \"b\"%0A%FF.pdf");
  EXPECT_EQ(line.at("state").as_string(), "submitted");
  EXPECT_EQ(line.at("task_id").as_string(), "task-1");
  EXPECT_EQ(line.at("message").as_string(),
            "submitted job=01j0 name=\"a \"b\"%0A%FF.pdf\" state=submitted 2 pages");
  for (const auto& other : {output[0], output[2], output[3]})
    EXPECT_FALSE(boost::json::parse(other).as_object().contains("job")) << other;

  const About unnamed{.job = "01j0"};
  const auto short_line = boost::json::parse(lines(logged(LogFormat::json, {}, &unnamed)).at(0)).as_object();
  EXPECT_EQ(short_line.at("message").as_string(), "submitted job=01j0 2 pages");
  EXPECT_FALSE(short_line.contains("name") || short_line.contains("state") || short_line.contains("task_id"));
}

TEST(JournalLog, BeginsWithThePriorityWhereThereIsNoJournald) {
  if (std::filesystem::exists(kJournalSocket)) GTEST_SKIP() << "there is one";
  EXPECT_THAT(lines(logged(LogFormat::journal, {"started"})),
              ::testing::ElementsAre("<6>started", "<4>a warning", "<3>an error"));
}

TEST(TextLog, HasTimeLevelAndMessageAndNoColourInAFile) {
  const auto output = lines(logged(LogFormat::text, {"started"}));
  ASSERT_EQ(output.size(), 3U);
  EXPECT_THAT(output[0], MatchesRegex("[0-9-]+T[0-9:.]+Z info    started"));
  EXPECT_THAT(output[1], HasSubstr("warning a warning"));
}

TEST(AutomaticLog, IsForTheJournalWhereStandardErrorIsItsAndJsonInAFile) {
  ::unsetenv("JOURNAL_STREAM");
  EXPECT_TRUE(logged(LogFormat::automatic, {"x"}).starts_with("{"));
  ::setenv("JOURNAL_STREAM", "8:1234", 1);
  EXPECT_TRUE(logged(LogFormat::automatic, {"x"}).starts_with("{")) << "standard error is another file";
  ::setenv("JOURNAL_STREAM", "standard error", 1);
  EXPECT_FALSE(logged(LogFormat::automatic, {"x"}).starts_with("{"));
  ::unsetenv("JOURNAL_STREAM");
}

}  // namespace
}  // namespace chunkrd
