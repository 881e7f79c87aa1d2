#include "outbox/content.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd::outbox {
namespace {

void sync_one(const Folder& folder, const std::string& name) {
  durable::sync_file(folder.open_file(name).get(), folder.path() / name);
}

FileDigest digest_of(const Folder& folder, const std::string& name) {
  return sha256_of(folder.open_file(name).get(), folder.path() / name);
}

// Under its own name at once: `to` is a folder that nobody looks into.
void copy_file(const Folder& folder, const std::string& name, const Folder& to, const std::string& as) {
  const FileDescriptor in = folder.open_file(name), out = to.create(as);
  std::array<char, 256 * 1024> buffer;
  while (true) {
    const ssize_t got = ::read(in.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::system_error(errno, std::generic_category(),
                              "read " + printable((folder.path() / name).native()));
    if (got == 0) break;
    durable::write_all(out.get(), {buffer.data(), static_cast<std::size_t>(got)}, to.path() / as);
  }
  durable::sync_file(out.get(), to.path() / as);
}

}  // namespace

void sync_content(const Folder& folder, const std::string& name) {
  const auto inside = folder.existing({name});
  if (!inside) return sync_one(folder, name);
  for (const std::string& member : inside->entries()) sync_one(*inside, member);
  inside->sync();
}

Manifest::File described(Manifest::File file, const Folder& folder, const std::string& name) {
  const auto inside = folder.existing({name});
  if (!inside) {
    FileDigest digest = digest_of(folder, name);
    file.sha256 = std::move(digest.sha256);
    file.size_bytes = digest.size_bytes;
    return file;
  }
  file.size_bytes = 0;
  file.members.emplace();
  for (const std::string& member : inside->entries()) {
    FileDigest digest = digest_of(*inside, member);
    file.size_bytes += digest.size_bytes;
    file.members->push_back({member, std::move(digest.sha256), digest.size_bytes});
  }
  return file;
}

bool has_content(const Folder& folder, const std::string& name, const std::string& sha256,
                 std::uint64_t size_bytes) {
  const auto there = folder.status(name);
  if (!there || !S_ISREG(there->st_mode) || static_cast<std::uint64_t>(there->st_size) != size_bytes)
    return false;
  try {
    return digest_of(folder, name).sha256 == sha256;
  } catch (const std::system_error& error) {
    // Taken away, or exchanged for something else, since it was looked at.
    if (error.code() == std::errc::no_such_file_or_directory || error.code() == std::errc::invalid_argument ||
        error.code() == std::errc::too_many_symbolic_link_levels)
      return false;
    throw;
  }
}

bool holds(const Folder& folder, const std::string& name, const Manifest::File& file) {
  if (!file.members) return has_content(folder, name, file.sha256, file.size_bytes);
  const auto inside = folder.existing({name});
  return inside && std::ranges::all_of(*file.members, [&](const Manifest::Member& member) {
           return has_content(*inside, member.name, member.sha256, member.size_bytes);
         });
}

bool copy_content(const Folder& folder, const std::string& name, const Manifest::File& file, const Folder& to,
                  const std::string& as) {
  if (!holds(folder, name, file)) return false;
  to.remove_tree(as);
  if (!file.members) {
    copy_file(folder, name, to, as);
  } else {
    const auto from = folder.existing({name});
    const Folder into = to.own(as);
    if (!from) return false;
    for (const Manifest::Member& member : *file.members) copy_file(*from, member.name, into, member.name);
    into.sync();
  }
  to.sync();
  return holds(to, as, file);
}

}  // namespace chunkrd::outbox
