#include "tests/support/browser.h"

#include <curl/curl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "core/base64.h"
#include "tests/support/http_server.h"

extern char** environ;

namespace chunkrd::test {
namespace {

namespace json = boost::json;

constexpr auto kStart = std::chrono::seconds(60);
constexpr long kCommandSeconds = 120;

std::size_t append(const char* bytes, std::size_t size, std::size_t count, std::string* to) {
  to->append(bytes, size * count);
  return size * count;
}

struct Closed {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

}  // namespace

Browser::Browser(int width, int height) {
  std::string folder = (std::filesystem::temp_directory_path() / "chunkrd-browser-XXXXXX").native();
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp");
  profile_ = folder;
  const std::string port = std::to_string(unused_port());
  url_ = "http://127.0.0.1:" + port;
  std::string program = "chromedriver", port_option = "--port=" + port, log = "--log-path=" + folder + "/log";
  char* const arguments[] = {program.data(), port_option.data(), log.data(), nullptr};
  if (::posix_spawnp(&driver_, program.c_str(), nullptr, nullptr, arguments, environ) != 0)
    throw std::runtime_error("cannot start chromedriver: scripts/setup test installs it");
  const auto end = std::chrono::steady_clock::now() + kStart;
  while (true) {
    try {
      command("GET", "/status", nullptr);
      break;
    } catch (const std::runtime_error&) {
      if (std::chrono::steady_clock::now() > end) throw;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }
  json::array options{"--headless",
                      "--disable-gpu",
                      "--disable-quic",
                      "--no-first-run",
                      "--disable-background-networking",
                      "--disable-component-update",
                      "--disable-sync",
                      "--disable-dev-shm-usage",
                      "--hide-scrollbars",
                      "--user-data-dir=" + folder + "/profile",
                      "--window-size=" + std::to_string(width) + "," + std::to_string(height)};
  if (::geteuid() == 0) options.emplace_back("--no-sandbox");
  const json::value answer = command(
      "POST", "/session",
      {{"capabilities",
        {{"alwaysMatch", {{"browserName", "chrome"}, {"goog:chromeOptions", {{"args", options}}}}}}}});
  session_ = "/session/" + json::value_to<std::string>(answer.at("sessionId"));
}

Browser::~Browser() {
  try {
    if (!session_.empty()) command("DELETE", session_, nullptr);
  } catch (const std::exception&) {
  }
  ::kill(driver_, SIGTERM);
  ::waitpid(driver_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(profile_, ignored);
}

json::value Browser::command(const char* method, const std::string& path, const json::value& body) {
  const std::unique_ptr<CURL, Closed> handle(curl_easy_init());
  const std::string url = url_ + path, text = body.is_null() ? "" : json::serialize(body);
  std::string answer;
  const std::unique_ptr<curl_slist, Closed> headers(
      curl_slist_append(nullptr, "Content-Type: application/json; charset=utf-8"));
  curl_easy_setopt(handle.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(handle.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle.get(), CURLOPT_TIMEOUT, kCommandSeconds);
  curl_easy_setopt(handle.get(), CURLOPT_HTTPHEADER, headers.get());
  if (!body.is_null()) curl_easy_setopt(handle.get(), CURLOPT_POSTFIELDS, text.c_str());
  curl_easy_setopt(handle.get(), CURLOPT_CUSTOMREQUEST, method);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(handle.get(), CURLOPT_WRITEDATA, &answer);
  if (const CURLcode code = curl_easy_perform(handle.get()); code != CURLE_OK)
    throw std::runtime_error(std::string("chromedriver: ") + curl_easy_strerror(code));
  const json::value value = json::parse(answer).at("value");
  if (value.is_object() && value.as_object().contains("error"))
    throw std::runtime_error("chromium: " + json::value_to<std::string>(value.at("message")));
  return value;
}

bool Browser::is_there() {
  const char* const path = ::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/chromedriver").c_str(), X_OK) == 0) return true;
  return false;
}

void Browser::open(const std::filesystem::path& page) {
  open_address("file://" + page.native());
}

void Browser::open_address(const std::string& url) {
  command("POST", session_ + "/url", {{"url", url}});
}

void Browser::prefer(const std::string& color_scheme) {
  command(
      "POST", session_ + "/goog/cdp/execute",
      {{"cmd", "Emulation.setEmulatedMedia"},
       {"params", {{"features", json::array{{{"name", "prefers-color-scheme"}, {"value", color_scheme}}}}}}});
}

json::value Browser::run(const std::string& script) {
  return command("POST", session_ + "/execute/sync", {{"script", script}, {"args", json::array()}});
}

std::string Browser::text(const std::string& script) {
  const json::value value = run(script);
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}

void Browser::move_to(const std::string& selector, bool press_button) {
  const json::value element =
      command("POST", session_ + "/element", {{"using", "css selector"}, {"value", selector}});
  json::array steps{{{"type", "pointerMove"}, {"duration", 0}, {"x", 0}, {"y", 0}, {"origin", element}}};
  if (press_button) {
    steps.push_back({{"type", "pointerDown"}, {"button", 0}});
    steps.push_back({{"type", "pointerUp"}, {"button", 0}});
  }
  command("POST", session_ + "/actions",
          {{"actions", json::array{{{"type", "pointer"}, {"id", "mouse"}, {"actions", steps}}}}});
}

void Browser::hover(const std::string& selector) {
  move_to(selector, false);
}

void Browser::click(const std::string& selector) {
  move_to(selector, true);
}

void Browser::press(const std::string& key) {
  const json::array steps{{{"type", "keyDown"}, {"value", key}}, {{"type", "keyUp"}, {"value", key}}};
  command("POST", session_ + "/actions",
          {{"actions", json::array{{{"type", "key"}, {"id", "keyboard"}, {"actions", steps}}}}});
}

void Browser::screenshot(const std::filesystem::path& png) {
  const json::value base64 = command("GET", session_ + "/screenshot", nullptr);
  std::string bytes;
  Base64Decoder decoder;
  if (!decoder.add(base64.as_string(), bytes)) throw std::runtime_error("chromium: not base64");
  std::ofstream(png, std::ios::binary) << bytes;
}

}  // namespace chunkrd::test
