#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.h"
#include "queue/job.h"

namespace chunkrd::queue {

/// What people ask of documents and of the daemon. The names stand in the database.
enum class CommandKind { retry, cancel, reprocess, remove, pause, resume, drain, reload };
std::string_view to_string(CommandKind kind) noexcept;
std::optional<CommandKind> command_from(std::string_view text) noexcept;

/// A wish, on its way from the command line to whoever holds the queue.
struct Command {
  std::int64_t seq = 0;  ///< given by the store
  WallTime asked_at;
  CommandKind kind = CommandKind::retry;
  std::string job;        ///< id; empty for what concerns the whole daemon
  std::string arguments;  ///< JSON object; what it holds depends on the kind: pipeline/commands.h
};

/// What became of it.
struct CommandAnswer {
  enum class Outcome {
    done,      ///< nothing more will come
    accepted,  ///< the job's row says what is still to come
    refused,   ///< nothing changed
  };
  Outcome outcome = Outcome::done;
  std::string text;  ///< for people, a whole sentence
};
std::string_view to_string(CommandAnswer::Outcome outcome) noexcept;

/// A command answered, and what it does to its job, in one transaction: a command takes effect once, or
/// not at all. Applied only if it is not answered yet and the transition's guard holds.
struct Answering {
  std::int64_t seq = 0;
  CommandAnswer answer;
  std::optional<Transition> transition = std::nullopt;
};

}  // namespace chunkrd::queue
