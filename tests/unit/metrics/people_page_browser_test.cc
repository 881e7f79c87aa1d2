// The page for people in a real Chromium: on a phone, on a dark system, and what its policy forbids.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "metrics/endpoint.h"
#include "tests/support/browser.h"

namespace chunkrd::metrics {
namespace {

using namespace std::chrono_literals;
using queue::State;

WallTime now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

// As on an afternoon on which nearly all is well.
Overview afternoon() {
  const WallTime t = now();
  Overview all;
  all.now = t;
  all.version = "0.1.0";
  all.started_at = t - 76h;
  for (const auto& [state, count] :
       {std::pair{State::ready, 128}, {State::submitted, 24}, {State::collecting, 2}, {State::delivering, 1}})
    all.counts[static_cast<std::size_t>(state)] = count;
  all.oldest = t - 8min;
  all.pauses.push_back(
      {"quota", t - 6min, t + 4min,
       "the service's usage limit is reached; one submit at a time tries whether there is some again"});
  all.running = {{"fetching its result", "2026/annual report, appendices.pdf", t - 41s},
                 {"asking how it is doing", "minutes-2026-11-24.docx", t - 1s}};
  all.running_count = 2;
  all.inboxes = {{"/srv/chunkrd/inbox", 3, 0, true}, {"/srv/scanner", 0, 2, true}};
  all.failures = {{"contracts/2026 signed.pdf", "01m8hx55gkty32", t - 19min, "task_failed",
                   "the service could not parse it: the document is encrypted", std::nullopt},
                  {"scan-0815.tiff", "01m8hwz2abpq41", t - 3h, "unsupported_type", "Unsupported file type",
                   std::nullopt}};
  for (int i = 0; i < 5; ++i)
    all.deliveries.push_back({"invoices/2026-11/invoice-104" + std::to_string(9 - i) + ".pdf", "",
                              t - (i + 1) * 40s, "", "", 1 + i});
  all.last_hour = {.length = 1h, .delivered = 417, .failed = 1};
  all.today = {2203, 18341};
  all.budget = {0, 20000};
  return all;
}

TEST(ThePageForPeopleInABrowser, IsReadableOnAPhoneDarkWhereTheSystemIsAndRunsNothing) {
  if (!test::Browser::is_there()) GTEST_SKIP() << "chromedriver is not installed: scripts/setup test does it";
  Health health;
  health.set_not_ready({"submits are paused: quota"});
  Board board;
  board.put(afternoon());
  const Endpoint endpoint("127.0.0.1:0", {.metrics = {}, .health = &health, .board = &board});
  const std::string address = "http://127.0.0.1:" + std::to_string(endpoint.port()) + "/";
  test::Browser phone(390, 1400);
  phone.prefer("light");
  phone.open_address(address);
  EXPECT_EQ(phone.text("return document.title"), "chunkrd is paused");
  // The style is in force (its digest is the policy's), and nothing is wider than the screen.
  EXPECT_EQ(phone.text("return getComputedStyle(document.querySelector('.numbers')).display"), "grid");
  EXPECT_EQ(phone.text("return document.documentElement.scrollWidth <= innerWidth"), "true");
  EXPECT_EQ(phone.text("return parseFloat(getComputedStyle(document.body).fontSize) >= 16"), "true");
  const std::string light = phone.text("return getComputedStyle(document.body).backgroundColor");
  if (std::getenv("CHUNKRD_WRITE_DOCS") != nullptr) {
    std::filesystem::create_directories(CHUNKRD_DOCS "/images");
    phone.screenshot(CHUNKRD_DOCS "/images/page-for-people.png");
  }
  Overview hostile = afternoon();
  hostile.failures.front().name = "<img src=x onerror=alert(1)>.pdf";
  board.put(hostile);
  phone.open_address(address);
  phone.prefer("dark");
  EXPECT_NE(phone.text("return getComputedStyle(document.body).backgroundColor"), light);
  // A name is a name.
  EXPECT_EQ(phone.text("return document.images.length + document.scripts.length"), "0");
  EXPECT_NE(phone.text("return document.body.innerText").find("<img src=x onerror=alert(1)>.pdf"),
            std::string::npos);
  EXPECT_NE(phone.text("return document.body.innerText").find("chunkrd retry 01m8hx55gkty32"),
            std::string::npos);
  // If something came through: the policy.
  EXPECT_EQ(phone.text("const s = document.createElement('script'); s.textContent = 'document.title = 1';"
                       "document.body.append(s); return document.title"),
            "chunkrd is paused");
}

}  // namespace
}  // namespace chunkrd::metrics
