#include "queue/sqlite/filesystem.h"

#include <fmt/format.h>
#include <sys/vfs.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "core/escape.h"
#include "queue/store.h"

namespace chunkrd::queue {
namespace {

struct Kind {
  std::uint32_t f_type;
  std::string_view name;
};

// From linux/magic.h, and from statfs(2) for those that have no header.
constexpr std::array<Kind, 14> kNetworkKinds = {{
    {0x6969, "NFS"},
    {0x517B, "SMB"},
    {0xFF534D42, "CIFS"},
    {0xFE534D42, "SMB2"},
    {0x65735546, "FUSE"},
    {0x01021997, "9p"},
    {0x5346414F, "AFS"},
    {0x6B414653, "AFS"},
    {0x00C36400, "Ceph"},
    {0x73757245, "Coda"},
    {0x47504653, "GPFS"},
    {0x0BD00BD0, "Lustre"},
    {0x7461636F, "OCFS2"},
    {0x01161970, "GFS2"},
}};

}  // namespace

std::optional<std::string_view> network_filesystem(std::uint64_t f_type) noexcept {
  // f_type is a signed long that was filled from 32 bits: CIFS and SMB2 may come sign-extended.
  for (const auto& kind : kNetworkKinds)
    if (kind.f_type == static_cast<std::uint32_t>(f_type)) return kind.name;
  return std::nullopt;
}

void refuse_network_filesystem(const std::filesystem::path& file) {
  const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
  struct statfs about{};
  if (::statfs(folder.c_str(), &about) != 0)
    throw StoreError(fmt::format("queue: {}: its folder cannot be used: {}; make it, or change `state`",
                                 printable(file.native()), std::generic_category().message(errno)));
  if (const auto kind = network_filesystem(static_cast<std::uint64_t>(about.f_type)))
    throw StoreRefused(fmt::format(
        "queue: {}: lies on a network filesystem ({}), where SQLite can lose the queue; put `state` "
        "on a local disk (inboxes and outboxes may stay where they are)",
        printable(file.native()), *kind));
}

}  // namespace chunkrd::queue
