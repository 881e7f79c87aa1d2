// Every request that our client can send, against Prism, which validates it by the contract.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <fstream>
#include <memory>

#include "core/iso_time.h"
#include "core/threads.h"
#include "pipeline/update_form.h"
#include "taskapi/http_client.h"
#include "taskapi/link.h"
#include "tests/contract/openapi.h"
#include "tests/contract/prism.h"
#include "tests/support/loop.h"

namespace chunkrd::contract {
namespace {

using taskapi::Accepted;
using taskapi::Answer;
using taskapi::CreateRequest;
using taskapi::DataUrl;
using taskapi::LocalFile;
using taskapi::Refusal;
using taskapi::Task;
using taskapi::WebAddress;

constexpr const char* kTask = "3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10";

class Requests : public testing::Test {
 protected:
  // Prism has no state, and takes its time to start: one for all tests.
  static void SetUpTestSuite() { prism_ = std::make_unique<Prism>(); }
  static void TearDownTestSuite() { prism_.reset(); }

  /// "good", or the status and text of the refusal, or why there is no answer.
  template <class Good>
  std::string send(awaitable<Answer<Good>> work) {
    const Answer<Good> answer = test::run(io_, std::move(work));
    if (const auto* refusal = std::get_if<Refusal>(&answer))
      return std::to_string(refusal->http_status) + " " + refusal->text;
    if (const auto* none = std::get_if<taskapi::NoAnswer>(&answer)) return "no answer: " + none->message;
    if (const auto* unreadable = std::get_if<taskapi::Unreadable>(&answer))
      return "unreadable: " + unreadable->message;
    return "good";
  }

  std::string create(const json::value& settings) {
    return send(client_.create({.document = WebAddress{"https://example.com/annual.pdf"},
                                .file_name = std::nullopt,
                                .settings = json::serialize(settings)}));
  }

  std::string update(const json::value& settings) {
    return send(client_.update(kTask, json::serialize(settings)));
  }

  std::filesystem::path write(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }

  std::string create_from(decltype(CreateRequest::document) document, std::optional<std::string> file_name) {
    return send(client_.create({.document = std::move(document),
                                .file_name = std::move(file_name),
                                .settings = "{}",
                                .threads = threads_.executor()}));
  }

  OpenApi api_;
  tests::TemporaryFolder folder_;
  static inline std::unique_ptr<Prism> prism_;
  asio::io_context io_;
  Threads threads_{1};
  http::Engine engine_{io_.get_executor(), {}};
  taskapi::HttpClient client_{engine_, {.url = prism_->url()}, "key", nullptr};
};

// Prism stops validating without a word when a schema does not compile; then these would pass everything.
TEST_F(Requests, ThatAreWrongAreRefused) {
  EXPECT_THAT(update({{"ocr_strategy", "Maybe"}}), testing::StartsWith("400 "));
  EXPECT_THAT(create({{"ocr_strategy", "Maybe"}}), testing::StartsWith("400 "));
  EXPECT_THAT(create({{"ocr_stratgy", "All"}}), testing::StartsWith("400 "));
  EXPECT_THAT(create_from(WebAddress{""}, std::nullopt), testing::StartsWith("400 "));
  EXPECT_THAT(send(client_.list({.limit = -1})), testing::StartsWith("400 "));
  client_.set_key("");
  EXPECT_THAT(send(client_.get(kTask)), testing::StartsWith("401 "));
}

TEST_F(Requests, OfEverySettingOfACreateAreAccepted) {
  int sent = 0;
  for (json::value& settings : api_.variants(api_.schema("CreateForm"))) {
    settings.as_object().erase("file");
    settings.as_object().erase("file_name");
    EXPECT_EQ(create(settings), "good") << json::serialize(settings);
    ++sent;
  }
  EXPECT_GT(sent, 250);
}

TEST_F(Requests, OfEverySettingOfAnUpdateAreAccepted) {
  int sent = 0;
  for (const json::value& settings : api_.variants(api_.schema("UpdateForm"))) {
    EXPECT_EQ(update(settings), "good") << json::serialize(settings);
    ++sent;
  }
  EXPECT_GT(sent, 250);
}

// What the daemon sends when a document's settings change, and when they go back to the service's defaults.
TEST_F(Requests, ThatAreMadeForAnUpdateAreAccepted) {
  for (json::value& settings : api_.variants(api_.schema("CreateForm"))) {
    settings.as_object().erase("file");
    settings.as_object().erase("file_name");
    const std::string text = json::serialize(settings);
    for (const std::string& form : {pipeline::update_form("{}", text), pipeline::update_form(text, "{}")})
      EXPECT_EQ(send(client_.update(kTask, form)), "good") << form;
  }
}

TEST_F(Requests, WithEveryKindOfDocumentAreAccepted) {
  const auto pdf = write("annual.pdf", "%PDF-1.4\n%EOF\n");
  const auto data =
      taskapi::read_link(write("data.url", "data:application/pdf;base64,JVBERi0xLjQKJSVFT0YK\n"));
  const auto address = taskapi::read_link(write("web.url", "https://example.com/annual.pdf\n"));
  for (const std::optional<std::string>& name : {std::optional<std::string>(), {"annual-tag.pdf"}}) {
    EXPECT_EQ(create_from(LocalFile{pdf, std::filesystem::file_size(pdf)}, name), "good");
    EXPECT_EQ(create_from(std::get<DataUrl>(data.value()), name), "good");
    EXPECT_EQ(create_from(std::get<WebAddress>(address.value()), name), "good");
  }
}

TEST_F(Requests, OfEveryOtherOperationAreAccepted) {
  EXPECT_EQ(send(client_.get(kTask)), "good");
  EXPECT_EQ(send(client_.get_result(kTask, {folder_ / "result", threads_.executor()})), "good");
  taskapi::HttpClient inside(engine_, {.url = prism_->url(), .base64_urls = true}, "key", nullptr);
  EXPECT_EQ(send(inside.get_result(kTask, {folder_ / "result", threads_.executor()})), "good");
  EXPECT_EQ(send(client_.cancel(kTask)), "good");
  EXPECT_EQ(send(client_.remove(kTask)), "good");
  EXPECT_EQ(send(client_.health()), "good");
}

TEST_F(Requests, ForEveryPageOfTheListAreAccepted) {
  const auto start = from_iso("2025-04-24T09:00:00.123Z"), end = from_iso("2025-04-25T09:00:00Z");
  for (const int page : {1, 2, 200})
    for (const int limit : {0, 1, 100}) {
      EXPECT_EQ(send(client_.list({.page = page, .limit = limit})), "good");
      EXPECT_EQ(send(client_.list({.start = start, .page = page, .limit = limit})), "good");
      EXPECT_EQ(send(client_.list({.end = end, .page = page, .limit = limit})), "good");
      EXPECT_EQ(send(client_.list({.start = start, .end = end, .page = page, .limit = limit})), "good");
    }
}

TEST_F(Requests, WithAnIdThatIsNoneStayInTheirPath) {
  EXPECT_EQ(send(client_.get("../../health?x#y")), "good");
}

}  // namespace
}  // namespace chunkrd::contract
