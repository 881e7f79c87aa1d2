#include "inbox/known.h"

#include <array>
#include <bit>
#include <functional>

namespace chunkrd::inbox {
namespace {

std::uint64_t hash(std::string_view bytes) noexcept {
  return std::hash<std::string_view>{}(bytes);
}

std::uint64_t fingerprint(const Identity& identity) noexcept {
  const auto bytes = std::bit_cast<std::array<char, sizeof(Identity)>>(identity);
  return hash({bytes.data(), bytes.size()});
}

}  // namespace

void Known::put(std::string_view name, const Identity& identity, bool unclaimed) {
  forget(name);
  entries_.emplace(hash(name), Entry{identity.inode, fingerprint(identity), sweep_, unclaimed});
  unclaimed_ += unclaimed;
}

void Known::forget(std::string_view name) {
  const auto found = entries_.find(hash(name));
  if (found == entries_.end()) return;
  unclaimed_ -= found->second.unclaimed;
  entries_.erase(found);
}

bool Known::has(std::string_view name, const Identity& identity) {
  const auto found = entries_.find(hash(name));
  if (found == entries_.end() || found->second.fingerprint != fingerprint(identity)) return false;
  found->second.sweep = sweep_;
  return true;
}

bool Known::has_inode(std::string_view name, std::uint64_t inode) {
  const auto found = entries_.find(hash(name));
  if (found == entries_.end() || found->second.inode != inode) return false;
  found->second.sweep = sweep_;
  return true;
}

void Known::end_sweep() {
  std::erase_if(entries_, [this](const auto& entry) {
    const bool unseen = entry.second.sweep != sweep_;
    if (unseen) unclaimed_ -= entry.second.unclaimed;
    return unseen;
  });
}

}  // namespace chunkrd::inbox
