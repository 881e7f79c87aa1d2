// What `chunkrd check` says of the service: each trouble by its name, and what to do about it.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "tests/support/http_server.h"
#include "tests/system/harness/command.h"
#include "tests/system/harness/installation.h"

namespace chunkrd::tests {
namespace {

using test::Reply;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class CheckAsks : public ::testing::Test {
 protected:
  CheckAsks() {
    server.otherwise([this](const test::Received& head) { return head.target == "/health" ? health : list; });
    home.use_service(server.port());
  }

  Ran check(const RunOptions& options = RunOptions()) const {
    home.write_config();
    return run({CHUNKRD_PROGRAM, "check", "--config", home.config_file()}, options);
  }
  static testing::Matcher<std::string> finding(const std::string& level, const std::string& name,
                                               const std::string& says) {
    return testing::ContainsRegex("(^|\n)" + level + " +" + name + " +[^\n]*" + says);
  }

  Reply health = Reply::text(200, "OK - Version 1.14.0");
  Reply list = Reply::json("[]");
  test::HttpServer server;
  Installation home;
};

TEST_F(CheckAsks, WhetherTheServiceIsOneAndItsKeyIsTaken) {
  const Ran ran = check();
  EXPECT_THAT(ran.out, AllOf(finding("ok", "api", "1.14.0"), finding("ok", "key", "accepted")));
}

TEST_F(CheckAsks, AndSaysWhenTheAddressIsAnothers) {
  health = Reply::text(404, "no such page\nat all");
  list = Reply::text(404, "no such page");
  const Ran ran = check();
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, AllOf(finding("warning", "api", "health answers 404: no such page"),
                             HasSubstr("is api.url the service's address, without /api/v1?"),
                             finding("error", "key", "answers 404"),
                             HasSubstr("this is not the Task API (v1): check api.url")));
  list = Reply::text(200, "<html>Welcome</html>");
  EXPECT_THAT(check().out, AllOf(finding("error", "key", "GET /api/v1/tasks: "),
                                 HasSubstr("this is not the Task API (v1): check api.url")));
}

TEST_F(CheckAsks, AndSaysWhatIsNotKnownWhileTheServiceHasTrouble) {
  list = Reply::text(500, "boom");
  EXPECT_THAT(check().out,
              AllOf(finding("warning", "key", "answers 500: boom"), HasSubstr("the service has trouble")));
  list = Reply::cut();
  EXPECT_THAT(check().out, HasSubstr("no answer: whether the key is taken is not known"));
}

TEST_F(CheckAsks, HowTheClocksDiffer) {
  health.headers.emplace_back("Date", "Sat, 01 Jan 2000 00:00:00 GMT");
  EXPECT_THAT(check().out, AllOf(finding("warning", "clock", "s ahead of the service's"),
                                 HasSubstr("set it right: timedatectl set-ntp true")));
  health.headers.back().second = "Fri, 01 Jan 2100 00:00:00 GMT";
  EXPECT_THAT(check().out, finding("warning", "clock", "s behind the service's"));
}

TEST_F(CheckAsks, HowOldTheServerIs) {
  health.body = "OK - Version 1.1.0";
  Ran ran = check();
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, AllOf(finding("error", "server", "1.1 is too old: chunkrd needs 1.2 or later"),
                             HasSubstr("bring the server up to date")));
  health.body = "OK - Version 1.5.0";
  ran = check();
  EXPECT_THAT(ran.out, AllOf(finding("warning", "server", "may be paid twice"),
                             HasSubstr("bring the server up to date: 1.7 or later")));
}

TEST_F(CheckAsks, WhetherAHostOfThatNameIsThere) {
  home.use_service(1);
  home.write_config();
  std::string config = read_file(home.config_file());
  const std::string here = "http://127.0.0.1:1";
  const auto at = config.find(here);
  ASSERT_NE(at, std::string::npos) << config;
  write_file(home.config_file(), config.replace(at, here.size(), "http://nowhere.invalid"));
  const Ran ran = run({CHUNKRD_PROGRAM, "check", "--config", home.config_file()});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("check the host in api.url, and this machine's DNS"));
}

TEST_F(CheckAsks, WhetherTheProgramsForReportsAreThere) {
  home.profile_options = "artifacts: [json, report]";
  const Ran ran = check({.environment = {{"PATH", "/nowhere"}}});
  EXPECT_THAT(ran.out, AllOf(finding("warning", "tools", "pdftoppm is not there"),
                             HasSubstr("install poppler-utils to have the pages' pictures in reports")));
}

}  // namespace
}  // namespace chunkrd::tests
