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

  /// What became of a file that was reported; where that is `later`, not before `again`.
  void received(const Arrival& arrival, Reception reception, Time again);
  /// The queue works no more on what has this name: it is not known any more.
  void let_go(const std::string& name) { known_.forget(name); }

  /// Whether files that found no room among the candidates would find some now. Said once, then a scan has
  /// to meet them again.
  bool take_room_for_left_out() noexcept;

  const Names& names() const noexcept { return names_; }
  const Settle& settle() const noexcept { return settle_; }
  Known& known() noexcept { return known_; }
  std::uint64_t refused() const noexcept { return refused_; }
  std::size_t unclaimed() const noexcept { return known_.unclaimed() + settle_.unclaimed(); }

 private:
  bool see_file(const Sighting& file, Time time);
  void doubt(const Sighting& unclear, Time time);
  void refuse(const Sighting& special);
  void forget(const std::string& name);
  std::string place(const std::string& name) const;

  const std::filesystem::path root_;  ///< for the log
  const Names names_;
  Settle settle_;
  Known known_;
  bool left_out_ = false;
  std::size_t doubts_told_ = 0;  ///< since everything could be looked at
  std::uint64_t refused_ = 0;
};

}  // namespace chunkrd::inbox
