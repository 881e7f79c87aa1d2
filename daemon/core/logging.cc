#include "core/logging.h"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "core/escape.h"
#include "core/journal.h"
#include "core/log_about.h"
#include "core/repetitions.h"

namespace chunkrd {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::trace:
      return spdlog::level::trace;
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

// %* in the pattern: the message as a JSON string, and what it is about as members of their own.
class JsonMessage final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    append_string({message.payload.data(), message.payload.size()}, out);
    const About* const about = about_of_this_line();
    if (about == nullptr) return;
    append_member("job", about->job, out);
    append_member("name", printable(about->name), out);
    append_member("state", about->state, out);
    append_member("task_id", about->task_id, out);
    append_member("inbox", printable(about->inbox), out);
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return spdlog::details::make_unique<JsonMessage>();
  }

 private:
  static void append_member(std::string_view name, std::string_view value, spdlog::memory_buf_t& out) {
    if (value.empty()) return;
    fmt::format_to(fmt::appender(out), ",\"{}\":", name);
    append_string(value, out);
  }

  static void append_string(std::string_view text, spdlog::memory_buf_t& out) {
    out.push_back('"');
    for (const char c : valid_utf8(text)) append(c, out);
    out.push_back('"');
  }

  static void append(char c, spdlog::memory_buf_t& out) {
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(fmt::appender(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out.push_back(c);
    }
  }
};

LogFormat resolve(LogFormat format) {
  if (format != LogFormat::automatic) return format;
  if (stderr_is_the_journal()) return LogFormat::journal;
  return ::isatty(STDERR_FILENO) != 0 ? LogFormat::text : LogFormat::json;
}

constexpr const char* kTextPattern = "%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %v";

void make_default(std::shared_ptr<spdlog::sinks::sink> sink, std::unique_ptr<spdlog::formatter> formatter,
                  LogLevel level) {
  auto logger = std::make_shared<spdlog::logger>("chunkrd", std::make_shared<Repetitions>(std::move(sink)));
  logger->set_formatter(std::move(formatter));
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

void set_up_logging(LogLevel level, LogFormat format) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  if (::isatty(STDERR_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr)
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  else
    sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  switch (resolve(format)) {
    case LogFormat::json:
      formatter->add_flag<JsonMessage>('*').set_pattern(
          R"({"time":"%Y-%m-%dT%H:%M:%S.%eZ","level":"%l","message":%*})");
      break;
    case LogFormat::journal:
      sink = std::make_shared<JournalSink>();
      break;
    case LogFormat::text:
    case LogFormat::automatic:
      formatter->set_pattern(kTextPattern);
      break;
  }
  make_default(std::move(sink), std::move(formatter), level);
}

void set_up_logging_into(const std::filesystem::path& file, LogLevel level) {
  std::shared_ptr<spdlog::sinks::sink> sink;
  try {
    sink = std::make_shared<spdlog::sinks::basic_file_sink_mt>(file.native());
  } catch (const spdlog::spdlog_ex&) {
    throw std::system_error(errno, std::generic_category(), printable(file.native()));
  }
  make_default(std::move(sink),
               std::make_unique<spdlog::pattern_formatter>(kTextPattern, spdlog::pattern_time_type::utc),
               level);
}

void set_log_level(LogLevel level) {
  spdlog::set_level(to_spdlog(level));
}

}  // namespace chunkrd
