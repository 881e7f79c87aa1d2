#pragma once

#include <filesystem>
#include <string>

namespace chunkrd {

enum class LogFormat {
  automatic,  ///< journal under systemd, text on a terminal, JSON otherwise
  text,
  json,
  journal,  ///< entries with fields for journald: see JournalSink
};

enum class LogLevel { trace, debug, info, warning, error };

/// Sets up spdlog's default logger on standard error, or journald. The same warning or error again and again
/// is a line a minute: see Repetitions. Called once, before any other thread starts.
void set_up_logging(LogLevel level, LogFormat format);

/// Instead: as text into `file`, behind what is in it. Throws std::system_error if it cannot be opened.
void set_up_logging_into(const std::filesystem::path& file, LogLevel level);

/// From now on. Any thread.
void set_log_level(LogLevel level);

}  // namespace chunkrd
