#include "core/journal.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "core/escape.h"
#include "core/log_about.h"

namespace chunkrd {
namespace {

// syslog(3)'s numbers.
int priority_of(spdlog::level::level_enum level) {
  if (level >= spdlog::level::err) return 3;
  if (level == spdlog::level::warn) return 4;
  return level == spdlog::level::info ? 6 : 7;
}

// A value with a line break is given with its length.
void append(std::string& entry, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  entry += name;
  if (value.find('\n') == std::string_view::npos) {
    entry += '=';
  } else {
    entry += '\n';
    std::uint64_t size = value.size();
    if constexpr (std::endian::native == std::endian::big) size = std::byteswap(size);
    std::array<char, sizeof size> bytes;  // NOLINT: filled by memcpy
    std::memcpy(bytes.data(), &size, sizeof size);
    entry.append(bytes.data(), bytes.size());
  }
  entry += value;
  entry += '\n';
}

std::string entry_of(const spdlog::details::log_msg& message) {
  std::string entry;
  append(entry, "MESSAGE", {message.payload.data(), message.payload.size()});
  append(entry, "PRIORITY", std::to_string(priority_of(message.level)));
  append(entry, "SYSLOG_IDENTIFIER", "chunkrd");
  if (const About* const about = about_of_this_line()) {
    append(entry, "CHUNKRD_JOB", about->job);
    append(entry, "CHUNKRD_TASK", about->task_id);
    append(entry, "CHUNKRD_STATE", about->state);
    append(entry, "CHUNKRD_NAME", printable(about->name));
    append(entry, "CHUNKRD_INBOX", printable(about->inbox));
  }
  return entry;
}

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

JournalSink::JournalSink(std::filesystem::path socket)
    : socket_path_(std::move(socket)), socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  // A journald that hangs may not hold up the event loop for longer.
  const timeval patience{.tv_sec = 0, .tv_usec = 100'000};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

void JournalSink::sink_it_(const spdlog::details::log_msg& message) {
  if (send(entry_of(message))) return;
  std::string line = fmt::format("<{}>", priority_of(message.level));
  // One line is one entry there.
  for (const char c : std::string_view(message.payload.data(), message.payload.size()))
    line += c == '\n' ? ' ' : c;
  write_all(STDERR_FILENO, line + '\n');
}

bool JournalSink::send(std::string_view entry) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& path = socket_path_.native();
  if (!socket_ || path.size() >= sizeof address.sun_path) return false;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  const auto* const to = reinterpret_cast<const sockaddr*>(&address);
  ssize_t sent = 0;
  do {
    sent = ::sendto(socket_.get(), entry.data(), entry.size(), MSG_NOSIGNAL, to, sizeof address);
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) return true;
  return (errno == EMSGSIZE || errno == ENOBUFS) && send_in_memory(entry);
}

// What is too large for a datagram is handed over as a sealed file in memory.
bool JournalSink::send_in_memory(std::string_view entry) {
  const FileDescriptor file(::memfd_create("journal-entry", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!file) return false;
  write_all(file.get(), entry);
  if (::fcntl(file.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
    return false;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  socket_path_.native().copy(address.sun_path, sizeof address.sun_path - 1);
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_name = &address;
  header.msg_namelen = sizeof address;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  cmsghdr* const rights = CMSG_FIRSTHDR(&header);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(sizeof(int));
  const int fd = file.get();
  std::memcpy(CMSG_DATA(rights), &fd, sizeof fd);
  return ::sendmsg(socket_.get(), &header, MSG_NOSIGNAL) >= 0;
}

bool stderr_is_the_journal() {
  const char* const stream = std::getenv("JOURNAL_STREAM");
  struct stat status{};
  if (stream == nullptr || ::fstat(STDERR_FILENO, &status) != 0) return false;
  return stream == fmt::format("{}:{}", status.st_dev, status.st_ino);
}

}  // namespace chunkrd
