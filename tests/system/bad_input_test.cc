// Every kind of document that cannot be delivered has a defined end, and the others go on meanwhile.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <filesystem>
#include <fstream>

#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kFakeParser = "- do: {parse: {instead: text}}\n";

// The sample, encrypted: qpdf --encrypt user owner 256 -- samples/harbour-report.pdf password.pdf
const fs::path kEncrypted = fs::path(CHUNKRD_TEST_FILES) / "password.pdf";

boost::json::value report_of(const Installation& home, const std::string& name) {
  return boost::json::parse(read_file(home.failed / (name + ".error.json")));
}

// A good document beside the bad one: it must arrive whatever the other does.
void drop_a_good_one(const Installation& home) {
  home.drop("good.txt", "A good document.");
}

void expect_good_one_delivered(const Installation& home) {
  EXPECT_TRUE(fs::exists(home.outbox / "good.txt.json"));
  EXPECT_TRUE(fs::exists(home.outbox / "good.txt.md"));
  EXPECT_TRUE(fs::exists(home.archive / "good.txt"));
}

TEST(BadInput, AnEmptyFileIsADeadLetter) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("empty.pdf", "");
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(report_of(home, "empty.pdf").at("code").as_string(), "empty_file");
  EXPECT_TRUE(fs::exists(home.failed / "empty.pdf"));
  EXPECT_THAT(home.tasks_by_document(), Not(Contains(::testing::Key("empty.pdf"))));
  expect_good_one_delivered(home);
}

TEST(BadInput, AFileOverTheLimitIsADeadLetterAndIsNotSent) {
  Installation home;
  home.limits = "submits_per_second: 1000, document_bytes: 1000";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("large.pdf", std::string(1001, 'x'));
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(report_of(home, "large.pdf").at("code").as_string(), "too_large");
  EXPECT_THAT(home.tasks_by_document(), Not(Contains(::testing::Key("large.pdf"))));
  expect_good_one_delivered(home);
}

TEST(BadInput, ATypeThatTheServiceRefusesIsADeadLetterWithItsText) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("program.bin", std::string("\x7f"
                                       "ELF\x02\x01\x01\0\0\0\0\0",
                                       12) +
                               std::string(200, '\0'));
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  const auto report = report_of(home, "program.bin");
  EXPECT_EQ(report.at("code").as_string(), "unsupported_type");
  EXPECT_EQ(report.at("message").as_string(), "Unsupported file type");
  expect_good_one_delivered(home);
}

TEST(BadInput, ATypeThatTheInboxDoesNotTakeIsADeadLetterAndIsNotSent) {
  Installation home;
  home.inbox_options = "settle: 50ms, types: [txt]";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("picture.png", read_file(fs::path(CHUNKRD_SAMPLES) / "photo-notice.png"));
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(report_of(home, "picture.png").at("code").as_string(), "unsupported_type");
  EXPECT_THAT(home.tasks_by_document(), Not(Contains(::testing::Key("picture.png"))));
  expect_good_one_delivered(home);
}

TEST(BadInput, APasswordProtectedPdfIsADeadLetterThatSaysSo) {
  Installation home;
  home.profile_options = "attempts: 2";
  home.start_service();
  home.start_daemon();
  home.drop("secret.pdf", read_file(kEncrypted));
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  const auto report = report_of(home, "secret.pdf");
  EXPECT_EQ(report.at("code").as_string(), "task_failed");
  EXPECT_THAT(std::string(report.at("message").as_string()), HasSubstr("password"));
  EXPECT_EQ(report.at("attempts").as_int64(), 2);
  expect_good_one_delivered(home);
}

TEST(BadInput, ATruncatedPdfIsADeadLetter) {
  Installation home;
  home.profile_options = "attempts: 1";
  home.start_service();
  home.start_daemon();
  home.drop("cut.pdf", read_file(fs::path(CHUNKRD_SAMPLES) / "scanned-notice.pdf").substr(0, 3000));
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.failed / "cut.pdf"));
  EXPECT_FALSE(report_of(home, "cut.pdf").at("message").as_string().empty());
  expect_good_one_delivered(home);
}

TEST(BadInput, ADirectoryNamedLikeADocumentIsASubfolder) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("x.pdf/inside.txt", "A document in a folder.");
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_TRUE(fs::exists(home.outbox / "x.pdf" / "inside.txt.json"));
  expect_good_one_delivered(home);
}

TEST(BadInput, LinksAndPipesAreRefusedWithAWarning) {
  Installation home;
  home.start_service(kFakeParser);
  fs::create_symlink("/etc/passwd", home.inbox / "link.txt");
  ASSERT_EQ(::mkfifo((home.inbox / "pipe.txt").c_str(), 0644), 0);
  home.start_daemon();
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_TRUE(home.wait_for_log("link.txt"));
  EXPECT_TRUE(home.wait_for_log("pipe.txt"));
  EXPECT_TRUE(fs::is_symlink(home.inbox / "link.txt"));
  EXPECT_EQ(home.tasks_by_document().size(), 1u);
  expect_good_one_delivered(home);
}

TEST(BadInput, AFileThatCannotBeReadIsADeadLetter) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root, to run the daemon as somebody else";
  Installation home;
  home.start_service(kFakeParser);
  constexpr unsigned kNobody = 65534;
  ASSERT_EQ(::chmod(home.folder().c_str(), 0777), 0);
  for (const fs::path& path : {home.inbox, home.outbox, home.failed, home.archive, home.state})
    ASSERT_EQ(::chown(path.c_str(), kNobody, kNobody), 0);
  home.drop("private.txt", "Not for everybody.");
  ASSERT_EQ(::chmod((home.inbox / "private.txt").c_str(), 0), 0);
  home.start_daemon({.environment = {}, .user = kNobody});
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(report_of(home, "private.txt").at("code").as_string(), "unreadable");
  EXPECT_TRUE(fs::exists(home.failed / "private.txt"));
  expect_good_one_delivered(home);
}

TEST(BadInput, AFileThatGrowsWaitsUntilItIsWhole) {
  Installation home;
  home.inbox_options = "settle: 400ms";
  home.start_service(kFakeParser);
  home.start_daemon();
  std::string whole;
  std::ofstream growing(home.inbox / "growing.txt", std::ios::binary);
  // Grows for several times the settle time; a good document goes through meanwhile.
  drop_a_good_one(home);
  const bool good_one_ended = eventually([&] {
    const std::string line = "line " + std::to_string(whole.size()) + "\n";
    growing << line << std::flush;
    whole += line;
    return fs::exists(home.archive / "good.txt") && whole.size() > 2000;
  });
  ASSERT_TRUE(good_one_ended);
  EXPECT_FALSE(fs::exists(home.archive / "growing.txt"));
  growing.close();
  ASSERT_TRUE(home.wait_for_ends(2)) << home.daemon_log();
  EXPECT_EQ(read_file(home.archive / "growing.txt"), whole);
}

TEST(BadInput, AFileThatVanishesWhileSettlingIsForgotten) {
  Installation home;
  home.inbox_options = "settle: 4s";
  home.start_service(kFakeParser);
  home.start_daemon();
  home.drop("short-lived.txt", "Gone soon.");
  ASSERT_TRUE(eventually([&] {
    return home.metric("chunkrd_inbox_settling_documents{inbox=\"" + home.inbox.native() + "\"}") == 1;
  }));
  fs::remove(home.inbox / "short-lived.txt");
  drop_a_good_one(home);
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  expect_good_one_delivered(home);
  EXPECT_THAT(files_below(home.failed), IsEmpty());
  EXPECT_EQ(home.tasks_by_document().size(), 1u);
}

TEST(HostileNames, GoThroughByteForByte) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  const std::vector<std::string> names{
      "two words.txt",
      "new\nline.txt",
      "quote\"'.txt",
      "-leading-dash.txt",
      "gr\xc3\xbc\xc3\x9f"
      "e.txt",
      "invalid\xff\xfe.txt",
      "percent%41.txt",
      "semi;colon,comma.txt",
  };
  for (const std::string& name : names) home.drop(name, "content of " + std::to_string(name.size()));
  ASSERT_TRUE(home.wait_for_ends(static_cast<int>(names.size()))) << home.daemon_log();
  for (const std::string& name : names) {
    EXPECT_TRUE(fs::exists(home.outbox / (name + ".json"))) << name;
    EXPECT_TRUE(fs::exists(home.outbox / (name + ".md"))) << name;
    EXPECT_TRUE(fs::exists(home.archive / name)) << name;
  }
  EXPECT_THAT(files_below(home.failed), IsEmpty());
}

TEST(HostileNames, ANameOf255BytesIsDeliveredUnderAShorterOne) {
  Installation home;
  home.start_service(kFakeParser);
  home.start_daemon();
  const std::string name = std::string(251, 'n') + ".txt";
  write_file(home.inbox / name, "A long name.");
  ASSERT_TRUE(home.wait_for_ends(1)) << home.daemon_log();
  EXPECT_THAT(files_below(home.archive), ElementsAre(name));
  const auto results = files_below(home.outbox);
  ASSERT_EQ(results.size(), 2u);
  EXPECT_TRUE(results[0].ends_with(".txt.json")) << results[0];
  EXPECT_TRUE(results[1].ends_with(".txt.md")) << results[1];
}

}  // namespace
}  // namespace chunkrd::tests
