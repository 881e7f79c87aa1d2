#include "inbox/presence.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string_view>

#include "inbox/names.h"

namespace chunkrd::inbox {
namespace {

struct Close {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

// gone, deserted or unclear. Our own folder says nothing: it is made wherever an inbox is configured.
Presence gone_from(int folder) {
  const int again = ::openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (again < 0) return Presence::unclear;
  const std::unique_ptr<DIR, Close> listing(::fdopendir(again));
  if (!listing) {
    ::close(again);
    return Presence::unclear;
  }
  errno = 0;
  while (const dirent* entry = ::readdir(listing.get())) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != ".." && name != kOwnFolder) return Presence::gone;
  }
  return errno == 0 ? Presence::deserted : Presence::unclear;
}

}  // namespace

Presence presence_of(const Tree& inbox, const std::string& name, const Identity& identity) {
  std::string folder_name = split(name).folder;
  auto folder = inbox.folder(folder_name);
  if (folder) {
    const Sighting seen = look(folder->get(), split(name).base, name);
    if (seen.kind == Kind::unclear) return Presence::unclear;
    if (seen.kind == Kind::file && seen.identity.fits(identity)) return Presence::there;
    return seen.kind == Kind::gone ? gone_from(folder->get()) : Presence::gone;
  }
  // The folder went with it: what is left above it tells more.
  while (!folder && means_gone(folder.error()) && !folder_name.empty()) {
    folder_name = split(folder_name).folder;
    folder = inbox.folder(folder_name);
  }
  return folder ? gone_from(folder->get()) : Presence::unclear;
}

}  // namespace chunkrd::inbox
