#pragma once

#include <string>

namespace chunkrd {

enum class LogFormat {
  automatic,  ///< journal under systemd, text on a terminal, JSON otherwise
  text,
  json,
  journal,  ///< text with the <N> priority prefix that journald reads from standard error
};

enum class LogLevel { trace, debug, info, warning, error };

/// Sets up spdlog's default logger on standard error. Called once, before any other thread starts.
void set_up_logging(LogLevel level, LogFormat format);

/// From now on. Any thread.
void set_log_level(LogLevel level);

}  // namespace chunkrd
