#include "core/log_about.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/escape.h"

namespace chunkrd {
namespace {

// Sinks are called by the thread that logs, before its call returns.
thread_local const About* t_about = nullptr;

class Setting {
 public:
  explicit Setting(const About& about) { t_about = &about; }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() { t_about = nullptr; }
};

}  // namespace

void log_about(spdlog::level::level_enum level, std::string_view what, const About& about,
               std::string_view detail) {
  if (!spdlog::should_log(level)) return;
  std::string text(what);
  const auto add = [&](std::string_view more) {
    if (!text.empty() && !more.empty()) text += ' ';
    text += more;
  };
  add("job=" + about.job);
  if (!about.name.empty()) add(fmt::format("name=\"{}\"", printable(about.name)));
  if (!about.state.empty()) add("state=" + about.state);
  add(detail);
  const Setting setting(about);
  spdlog::log(level, "{}", text);
}

const About* about_of_this_line() noexcept {
  return t_about;
}

}  // namespace chunkrd
