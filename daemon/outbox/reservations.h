#pragma once

#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace chunkrd::outbox {

/// The names that deliveries under way in this process are going to use. Any thread.
class Reservations {
 public:
  /// Gives its names back at its end.
  class Held {
   public:
    Held(Reservations& from, std::vector<std::string> names) : from_(&from), names_(std::move(names)) {}
    Held(Held&& other) noexcept
        : from_(std::exchange(other.from_, nullptr)), names_(std::move(other.names_)) {}
    Held& operator=(Held&&) = delete;
    ~Held() {
      if (from_) from_->give_back(names_);
    }

   private:
    Reservations* from_;
    std::vector<std::string> names_;
  };

  /// All of `names`, or nothing when somebody has one of them.
  std::optional<Held> take(std::vector<std::string> names) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& name : names)
      if (names_.contains(name)) return std::nullopt;
    names_.insert(names.begin(), names.end());
    return Held(*this, std::move(names));
  }

 private:
  void give_back(const std::vector<std::string>& names) {
    const std::scoped_lock lock(mutex_);
    for (const std::string& name : names) names_.erase(name);
  }

  std::mutex mutex_;
  std::set<std::string> names_;  ///< guarded by mutex_
};

}  // namespace chunkrd::outbox
