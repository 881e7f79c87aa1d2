#pragma once

#include <spdlog/sinks/sink.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace chunkrd {

/// Lets the same warning or error through once a minute: what comes again meanwhile is counted, and the last
/// of it is told with the count when the minute is over. What counts as the same is the line's
/// repetition_key(), else its whole text. Lines below a warning pass, and so does what somebody has asked for
/// (LoggedAnew).
///
/// The minute's end is noticed with the next line or flush(). Any thread.
class Repetitions final : public spdlog::sinks::sink {
 public:
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  explicit Repetitions(std::shared_ptr<spdlog::sinks::sink> behind, Now now = std::chrono::steady_clock::now);
  ~Repetitions() override;

  void log(const spdlog::details::log_msg& message) override;
  void flush() override;
  void set_pattern(const std::string& pattern) override { behind_->set_pattern(pattern); }
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    behind_->set_formatter(std::move(formatter));
  }

 private:
  struct Same {
    std::chrono::steady_clock::time_point since;
    spdlog::level::level_enum level;
    std::string last;       ///< text
    std::size_t again = 0;  ///< not told yet
  };
  using Told = std::map<std::string, Same>;

  void tell(const Same& same);
  void look(std::chrono::steady_clock::time_point now);
  void make_room();

  std::shared_ptr<spdlog::sinks::sink> behind_;
  Now now_;
  std::mutex mutex_;
  Told told_;
};

/// While one is there, lines of this thread are not repetitions: a person has asked for them.
class LoggedAnew {
 public:
  LoggedAnew() noexcept;
  ~LoggedAnew();
  LoggedAnew(const LoggedAnew&) = delete;
  LoggedAnew& operator=(const LoggedAnew&) = delete;
};

}  // namespace chunkrd
