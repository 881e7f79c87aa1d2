#pragma once

#include <optional>
#include <string>
#include <utility>

#include "core/clock.h"

namespace chunkrd::pipeline {

/// Whether the service's storage, where the files of results lie, can be reached, as the last documents that
/// needed it have found it. Pure: time comes in.
class StorageTrouble {
 public:
  struct Trouble {
    std::string why;  ///< for people: what happened, and what to do
    WallTime since;
  };

  /// A file could not be had. True when that is new.
  bool note(const std::string& why, WallTime now) {
    const bool is_new = !at(now);
    if (is_new) since_ = now;
    seen_ = now;
    why_ = why +
           "; results wait for it. Where this machine cannot reach the service's storage, api.base64_urls: "
           "true fetches files with the result";
    return is_new;
  }
  /// All files of a document could be had. True when that is new.
  bool clear() { return std::exchange(seen_, std::nullopt).has_value(); }

  /// Nothing where there is none, or nobody has tried for long.
  std::optional<Trouble> at(WallTime now) const {
    if (!seen_ || now - *seen_ > kForgotten) return std::nullopt;
    return Trouble{why_, since_};
  }

 private:
  static constexpr Duration kForgotten = std::chrono::hours(1);  // longer than the steps put off a next try
  std::string why_;
  WallTime since_;
  std::optional<WallTime> seen_;
};

}  // namespace chunkrd::pipeline
