#include "local/server/folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"
#include "local/server/names.h"

namespace chunkrd::local::server {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kOthers = S_IRWXG | S_IRWXO;
constexpr std::array<const char*, 3> kTakenFiles = {"signing.key", "tasks.sqlite3-wal", "tasks.sqlite3-shm"};

[[noreturn]] void refuse(const fs::path& path) {
  const int error = errno;
  const bool is_other = error == ELOOP || error == ENOTDIR || error == EISDIR || error == ENXIO;
  if (!is_other) throw std::system_error(error, std::generic_category(), printable(path.native()));
  throw UserError(ExitCode::io_error,
                  fmt::format("--state: {} is a link or something else that chunkr-local has not made; "
                              "move it away, or name another folder",
                              printable(path.native())));
}

void make_private(int fd, const fs::path& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0) refuse(path);
  const mode_t mode = status.st_mode & 07777;
  if ((mode & kOthers) != 0 && ::fchmod(fd, mode & ~kOthers) != 0) refuse(path);
}

FileDescriptor private_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), S_IRWXU) != 0 && errno != EEXIST) refuse(path);
  FileDescriptor folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!folder) refuse(path);
  make_private(folder.get(), path);
  return folder;
}

/// O_CREAT among `flags`: it is made if it is not there; else nothing is what comes back then.
FileDescriptor private_file(const fs::path& path, int flags) {
  FileDescriptor file(::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, S_IRUSR | S_IWUSR));
  if (!file && errno == ENOENT && (flags & O_CREAT) == 0) return file;
  if (!file) refuse(path);
  make_private(file.get(), path);
  return file;
}

/// A folder that is made here is nobody else's; one that was there before keeps its mode.
fs::path state_folder(const fs::path& given) {
  if (fs::create_directories(given)) fs::permissions(given, fs::perms::owner_all);
  return fs::canonical(given);
}

void empty(const fs::path& incoming) {
  for (const auto& entry : fs::directory_iterator(incoming)) {
    if (is_task_id(entry.path().filename().native())) ::unlink(entry.path().c_str());
  }
}

}  // namespace

Folders::Folders(const fs::path& state)
    : state_(state_folder(state)), lock_(private_file(state_ / "lock", O_RDWR | O_CREAT)) {
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw UserError(ExitCode::already_runs,
                    fmt::format("--state {}: another chunkr-local uses it", printable(state_.native())));
  }
  private_file(database(), O_RDWR | O_CREAT);  // SQLite gives its other files the mode of this one
  for (const auto* name : kTakenFiles) private_file(state_ / name, O_RDONLY);
  tasks_ = private_folder(state_ / "tasks");
  private_folder(state_ / "incoming");
  empty(state_ / "incoming");
}

fs::path Folders::new_incoming() const {
  return state_ / "incoming" / make_uuid();
}

fs::path Folders::task(const std::string& id) const {
  if (!is_task_id(id)) throw std::invalid_argument("not a task's id: " + printable(id));
  return state_ / "tasks" / id;
}

std::optional<StoredFile> Folders::open(const std::string& id, std::string_view name) const {
  if (!is_task_id(id)) return std::nullopt;
  return open_below(tasks_.get(), id + "/" + std::string(name));
}

std::vector<std::string> Folders::task_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(state_ / "tasks")) {
    if (is_task_id(entry.path().filename().native())) ids.push_back(entry.path().filename());
  }
  return ids;
}

void Folders::remove_task(const std::string& id) const {
  std::error_code ec;
  fs::remove_all(task(id), ec);
  if (ec) spdlog::warn("{}: cannot be removed: {}", task(id).string(), ec.message());
}

std::string make_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw std::runtime_error("OpenSSL has no random numbers");
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3F) | 0x80);
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    text += fmt::format("{:02x}", bytes[i]);
  }
  return text;
}

}  // namespace chunkrd::local::server
