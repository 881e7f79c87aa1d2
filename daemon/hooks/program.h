#pragma once

#include <atomic>
#include <string>
#include <vector>

#include "core/child.h"
#include "core/threads.h"
#include "hooks/hook.h"

namespace chunkrd::hooks {

/// A program that is run for each document that ends: see docs/configuration.md, Notifications. It has
/// threads of its own, so that nobody else waits for one that hangs; `at_once` runs may be under way.
class Program final : public Hook {
 public:
  Program(std::vector<std::string> command, Duration timeout, std::size_t at_once);
  /// Kills what still runs.
  ~Program() override;

  awaitable<Answer> tell(Message message) override;
  void give_up() override { cut_ = true; }

 private:
  Answer run(const Message& message) const;

  std::vector<std::string> command_;
  Duration timeout_;
  std::atomic<bool> cut_ = false;
  Threads threads_;
};

/// What a program finds in its environment besides `inherited` ("NAME=value"), of which it gets nothing that
/// is the daemon's own. Pure.
std::vector<std::string> environment_for(const Message& message, const std::vector<std::string>& inherited);

}  // namespace chunkrd::hooks
