#pragma once

#include <spdlog/sinks/base_sink.h>

#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>

#include "core/fd.h"

namespace chunkrd {

/// Where journald listens for its native protocol.
inline constexpr const char* kJournalSocket = "/run/systemd/journal/socket";

/// Writes lines to journald with fields of their own, by its native protocol
/// (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, and of a line that is
/// about a document (log_about()) CHUNKRD_JOB, CHUNKRD_TASK, CHUNKRD_STATE, CHUNKRD_NAME, CHUNKRD_INBOX.
/// While journald is not there, or does not listen, lines go to standard error with the prefix that journald
/// reads there (sd-daemon(3)). Any thread.
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit JournalSink(std::filesystem::path socket = kJournalSocket);

 private:
  void sink_it_(const spdlog::details::log_msg& message) override;
  void flush_() override {}
  bool send(std::string_view entry);
  bool send_in_memory(std::string_view entry);

  std::filesystem::path socket_path_;
  FileDescriptor socket_;
};

/// Whether standard error is the stream that $JOURNAL_STREAM speaks of: who redirects it, or inherits the
/// variable, does not write to the journal.
bool stderr_is_the_journal();

}  // namespace chunkrd
