#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "inbox/identity.h"

namespace chunkrd::inbox {

/// The files that need no more attention while they stay as they are: handed over, refused, or unclaimed.
///
/// Some 56 bytes a file: the name and the identity are kept as 64-bit hashes. Two names that share a hash
/// forget each other, which costs another look; a changed file that is taken for the old one would need two
/// equal identity hashes, one chance in 2^64.
class Known {
 public:
  void add(std::string_view name, const Identity& identity) { put(name, identity, false); }
  /// One that nobody works on, nor will.
  void add_unclaimed(std::string_view name, const Identity& identity) { put(name, identity, true); }
  void forget(std::string_view name);

  /// Whether `name` is known with this identity. Counts as seen in the current sweep.
  bool has(std::string_view name, const Identity& identity);

  /// The same from what a directory listing says, without a look at the file.
  bool has_inode(std::string_view name, std::uint64_t inode);

  /// Between the two, every file that is still there is seen; end_sweep() forgets all others.
  void begin_sweep() noexcept { ++sweep_; }
  void end_sweep();

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t unclaimed() const noexcept { return unclaimed_; }

 private:
  struct Entry {
    std::uint64_t inode, fingerprint;
    std::uint64_t sweep : 63;
    std::uint64_t unclaimed : 1;
  };

  void put(std::string_view name, const Identity& identity, bool unclaimed);

  std::uint64_t sweep_ = 0;
  std::size_t unclaimed_ = 0;
  std::unordered_map<std::uint64_t, Entry> entries_;  ///< by the name's hash
};

}  // namespace chunkrd::inbox
