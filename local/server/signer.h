#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/clock.h"

namespace chunkrd::local::server {

/// Makes and checks the query of the URLs under /storage/, which need no API key and live for a while.
class Signer {
 public:
  enum class Verdict { good, expired, forged };

  /// Reads the secret from `key_file` or makes one, so that URLs outlive a restart.
  Signer(const std::filesystem::path& key_file, std::chrono::seconds lifetime);

  /// "/storage/TASK/NAME?expires=...&signature=..."; `name` may hold any bytes and slashes.
  std::string sign(std::string_view task_id, std::string_view name, WallTime now) const;

  Verdict check(std::string_view task_id, std::string_view name, std::string_view expires,
                std::string_view signature, WallTime now) const;

 private:
  std::string signature(std::string_view task_id, std::string_view name, std::string_view expires) const;

  std::string secret_;
  std::chrono::seconds lifetime_;
};

}  // namespace chunkrd::local::server
