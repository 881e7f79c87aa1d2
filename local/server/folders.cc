#include "local/server/folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/rand.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>

#include <array>
#include <stdexcept>

#include "core/durable.h"
#include "core/errors.h"

namespace chunkrd::local::server {

Folders::Folders(std::filesystem::path state) : state_(std::filesystem::absolute(std::move(state))) {
  std::filesystem::create_directories(state_ / "tasks");
  lock_ = durable::open(state_ / "lock", O_RDWR | O_CREAT, 0600);
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    throw UserError(ExitCode::already_runs,
                    fmt::format("--state {}: another chunkr-local uses it", state_.string()));
  }
  std::filesystem::remove_all(state_ / "incoming");
  std::filesystem::create_directories(state_ / "incoming");
}

std::filesystem::path Folders::new_incoming() const {
  return state_ / "incoming" / make_uuid();
}

std::vector<std::string> Folders::task_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : std::filesystem::directory_iterator(state_ / "tasks")) {
    ids.push_back(entry.path().filename());
  }
  return ids;
}

void Folders::remove_task(const std::string& id) const {
  std::error_code ec;
  std::filesystem::remove_all(task(id), ec);
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
