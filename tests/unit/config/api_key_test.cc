#include "config/api_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>
#include <stdlib.h>

#include <sstream>

#include "core/errors.h"
#include "tests/unit/config/folder.h"

namespace chunkrd::config {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class ApiKey : public ::testing::Test {
 protected:
  ApiKey() {
    ::unsetenv("CHUNKRD_API_KEY");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_mt>(log_)));
  }

  // An Api whose key file has this text.
  Api with_file(const std::string& text, fs::perms permissions = fs::perms::owner_read) const {
    Api api;
    api.key_file = folder_.write("key", text);
    fs::permissions(*api.key_file, permissions);
    return api;
  }

  static std::string refusal(const Api& api) {
    try {
      load_api_key(api);
    } catch (const UserError& error) {
      return error.what();
    }
    return "";
  }

  TestFolder folder_;
  std::ostringstream log_;
};

TEST_F(ApiKey, ComesFromTheFileFirst) {
  ::setenv("CHUNKRD_API_KEY", "other", 1);
  EXPECT_EQ(load_api_key(with_file("sk_1\n")), "sk_1");
  EXPECT_EQ(log_.str(), "");
}

TEST_F(ApiKey, TravelsInTheOpenOnlyWhereTheFileSaysThatThisIsMeant) {
  Api api = with_file("sk_1");
  api.url = "http://192.168.1.7:8000";
  EXPECT_THAT(refusal(api), HasSubstr("allow_http: true"));
  api.allow_http = true;
  EXPECT_EQ(load_api_key(api), "sk_1");
  EXPECT_THAT(log_.str(), AllOf(HasSubstr("can read the API key"), Not(HasSubstr("sk_1"))));
  log_.str("");
  api.url = "http://127.0.0.1:8000";
  EXPECT_EQ(load_api_key(api), "sk_1");
  EXPECT_EQ(log_.str(), "") << "nobody is between this machine and itself";
}

TEST_F(ApiKey, ComesFromTheEnvironmentSecond) {
  folder_.write("api-key", "third");
  ::setenv("CREDENTIALS_DIRECTORY", (folder_ / "").c_str(), 1);
  ::setenv("CHUNKRD_API_KEY", "second", 1);
  EXPECT_EQ(load_api_key(Api{}), "second");
}

TEST_F(ApiKey, ComesFromTheSystemdCredentialLast) {
  fs::permissions(folder_.write("api-key", "third"), fs::perms::owner_read);
  ::setenv("CREDENTIALS_DIRECTORY", (folder_ / "").c_str(), 1);
  EXPECT_EQ(load_api_key(Api{}), "third");
}

TEST_F(ApiKey, MustBeThereForAServiceElsewhere) {
  EXPECT_THAT(refusal(Api{}), HasSubstr("there is none; put it into a file and name that in api.key_file"));
}

TEST_F(ApiKey, MayBeAbsentForAServiceOnThisMachine) {
  for (const char* url :
       {"http://127.0.0.1:8000", "http://127.1.2.3", "http://localhost:1", "http://[::1]:1"}) {
    Api api;
    api.url = url;
    EXPECT_EQ(load_api_key(api), "") << url;
  }
}

TEST_F(ApiKey, DoesNotTravelOverPlainHttpToAnotherMachine) {
  for (const char* url : {"http://api.chunkr.ai", "http://10.0.0.1", "http://localhost.example.com",
                          "http://127.0.0.1.example.com", "http://[::2]"}) {
    Api api = with_file("secret");
    api.url = url;
    EXPECT_THAT(refusal(api), AllOf(HasSubstr("api.url: over plain http://"), Not(HasSubstr("secret"))))
        << url;
  }
}

TEST_F(ApiKey, MustBeABareKeyAndIsNeverInTheMessage) {
  EXPECT_THAT(refusal(with_file("")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(with_file("\n")), HasSubstr("is empty"));
  EXPECT_THAT(refusal(with_file("Bearer secret")),
              AllOf(HasSubstr("begins with \"Bearer \""), Not(HasSubstr("secret"))));
  for (const char* key : {"secret x", "secret\n\n", "secret\r\n", " secret", "sec\tret", "secret\x7f"}) {
    EXPECT_THAT(refusal(with_file(key)), AllOf(HasSubstr("has spaces"), Not(HasSubstr("secret")))) << key;
  }
  EXPECT_THAT(refusal(with_file(std::string(5000, 'x'))), HasSubstr("larger than 4 KiB"));
  ::setenv("CHUNKRD_API_KEY", "", 1);
  EXPECT_THAT(refusal(Api{}), HasSubstr("$CHUNKRD_API_KEY: is empty"));
}

TEST_F(ApiKey, InAFileThatIsMissingIsAnErrorAlsoForAServiceOnThisMachine) {
  Api api;
  api.url = "http://127.0.0.1";
  api.key_file = folder_ / "missing";
  EXPECT_THAT(refusal(api), HasSubstr("missing: cannot be read: No such file or directory"));
  api.key_file = folder_.make("directory");
  EXPECT_THAT(refusal(api), HasSubstr("directory: cannot be read: Is a directory"));
}

TEST_F(ApiKey, ThatEverybodyMayReadIsWarnedAbout) {
  EXPECT_EQ(load_api_key(with_file("secret", fs::perms::owner_read | fs::perms::others_read)), "secret");
  EXPECT_THAT(log_.str(),
              AllOf(HasSubstr("everybody on this machine may read it"), Not(HasSubstr("secret"))));
}

}  // namespace
}  // namespace chunkrd::config
