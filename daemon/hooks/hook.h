#pragma once

#include <optional>
#include <string>

#include "core/async.h"
#include "core/clock.h"
#include "queue/ending.h"

namespace chunkrd::hooks {

/// One attempt to tell that a document has ended.
struct Message {
  std::string delivery;  ///< the same with every attempt: a receiver knows by it what it had before
  int attempt = 1;       ///< from 1
  WallTime at;           ///< by the wall clock
  queue::Ending ending;  ///< what is told of
  std::string body;      ///< what is told: JSON
};

/// What came of it.
struct Answer {
  enum class Kind {
    taken,
    refused,    ///< or nobody is there, or it took too long: to be tried again
    abandoned,  ///< by us, who end: nothing is known, and nothing is said about the hook
  };
  Kind kind = Kind::taken;
  std::string said = {};  ///< for people, no secret in it; may be empty
  std::optional<Duration> retry_after = std::nullopt;
};

/// Somebody who wants to know. Event-loop thread.
class Hook {
 public:
  virtual ~Hook() = default;

  /// Tells; several at once. Throws std::exception where it cannot be tried: as if it was refused.
  virtual awaitable<Answer> tell(Message message) = 0;

  /// Attempts under way end soon, as abandoned.
  virtual void give_up() = 0;
};

}  // namespace chunkrd::hooks
