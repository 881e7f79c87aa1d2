#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "inbox/inbox.h"
#include "inbox/known.h"
#include "inbox/names.h"
#include "inbox/settle.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {

/// What the inbox remembers of its files, and what that means for each: which are to settle, which have
/// been handed over, which are refused. Told of everything that is seen; does no I/O and knows no clock.
class Gate {
 public:
  using Time = Settle::Time;

  explicit Gate(const Rules& rules);

  /// Takes note of what was seen. True when it is a file that has settled and is to be reported now.
  /// `time`: see Settle::see().
  bool has_settled(const Sighting& sighting, Time time);

  void handed_over(const Arrival& arrival);
  /// The queue did not want it; not to be reported again before `time`.
  void postpone(const std::string& name, Time time) { settle_.postpone(name, time); }

  /// Whether files that found no room among the candidates would find some now. Said once, then a scan has
  /// to meet them again.
  bool take_room_for_left_out() noexcept;

  const Names& names() const noexcept { return names_; }
  const Settle& settle() const noexcept { return settle_; }
  Known& known() noexcept { return known_; }
  std::uint64_t refused() const noexcept { return refused_; }

 private:
  bool see_file(const Sighting& file, Time time);
  void refuse(const Sighting& special);
  void forget(const std::string& name);
  std::string place(const std::string& name) const;

  const std::filesystem::path root_;  ///< for the log
  const Names names_;
  Settle settle_;
  Known known_;
  bool left_out_ = false;
  std::uint64_t refused_ = 0;
};

}  // namespace chunkrd::inbox
