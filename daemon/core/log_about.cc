#include "core/log_about.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/escape.h"

namespace chunkrd {
namespace {

// Sinks are called by the thread that logs, before its call returns.
thread_local const About* t_about = nullptr;
thread_local const std::string* t_key = nullptr;

class Setting {
 public:
  Setting(const About& about, const std::string* key) {
    t_about = &about;
    t_key = key;
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;
  ~Setting() {
    t_about = nullptr;
    t_key = nullptr;
  }
};

}  // namespace

void log_about(spdlog::level::level_enum level, std::string_view what, const About& about,
               std::string_view detail, Alike alike) {
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
  const std::string key = fmt::format("{} state={} {}", what, about.state, detail);
  const Setting setting(about, alike == Alike::all_documents ? &key : nullptr);
  spdlog::log(level, "{}", text);
}

const About* about_of_this_line() noexcept {
  return t_about;
}

const std::string* repetition_key() noexcept {
  return t_key;
}

}  // namespace chunkrd
