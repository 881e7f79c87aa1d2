#pragma once

#include <sys/types.h>

#include <boost/json/value.hpp>
#include <filesystem>
#include <string>

namespace chunkrd::test {

/// A headless Chromium with one window, driven through chromedriver (WebDriver's HTTP interface), both
/// processes of this object's own. Throws std::runtime_error with what the browser says.
class Browser {
 public:
  /// Whether chromedriver is installed.
  static bool is_there();

  /// `width` and `height` of the window, in pixels.
  Browser(int width, int height);
  ~Browser();
  Browser(const Browser&) = delete;
  Browser& operator=(const Browser&) = delete;

  void open(const std::filesystem::path& page);
  void open_address(const std::string& url);
  /// From now on pages are told that the system is dark, or that it is light.
  void prefer(const std::string& color_scheme);

  /// What `script` ("return document.title") gives. WebDriver's scripts are not subject to the page's policy.
  boost::json::value run(const std::string& script);
  /// The same as text; numbers and the like as JSON.
  std::string text(const std::string& script);

  /// Moves the mouse to the middle of the first element of `selector`.
  void hover(const std::string& selector);
  void click(const std::string& selector);
  /// Types a key as WebDriver names it: "\uE015" is the down arrow.
  void press(const std::string& key);

  void screenshot(const std::filesystem::path& png);

 private:
  boost::json::value command(const char* method, const std::string& path, const boost::json::value& body);
  void move_to(const std::string& selector, bool press_button);

  std::filesystem::path profile_;
  pid_t driver_ = -1;
  std::string url_, session_;
};

}  // namespace chunkrd::test
