#include "inbox/scan.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <optional>
#include <system_error>
#include <utility>

#include "core/escape.h"
#include "inbox/filesystem.h"
#include "inbox/writers.h"

namespace chunkrd::inbox {
namespace {

[[noreturn]] void fail(const std::string& folder) {
  throw std::system_error(errno, std::generic_category(), "list folder " + printable(folder));
}

bool is_dot(std::string_view name) noexcept {
  return name == "." || name == "..";
}

/// `look_more` is called with what there is, the folder it lies in, and its base name.
template <class LookMore>
std::vector<Sighting> look_at_each(const Tree& tree, const std::vector<std::string>& names,
                                   LookMore look_more) {
  std::vector<Sighting> sightings;
  sightings.reserve(names.size());
  std::optional<std::string> opened;  // consecutive names of one folder open it once
  std::expected<FileDescriptor, Tree::Error> folder;
  for (const auto& name : names) {
    const auto parts = split(name);
    if (opened != parts.folder) {
      folder = tree.folder(parts.folder);
      opened = parts.folder;
    }
    if (folder) {
      sightings.push_back(look_with_sidecar(folder->get(), parts.base, name));
      look_more(folder->get(), parts.base, sightings.back());
    } else {
      sightings.push_back({.name = name,
                           .kind = means_gone(folder.error()) ? Kind::gone : Kind::unclear,
                           .error = folder.error()});
    }
  }
  return sightings;
}

}  // namespace

Listing::Listing(std::string folder, FileDescriptor fd) : folder_(std::move(folder)) {
  // fdopendir takes the descriptor over, so it gets one of its own.
  const int own = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
  if (own < 0) fail(folder_);
  directory_.reset(::fdopendir(own));
  if (directory_) return;
  const int error = std::exchange(errno, 0);
  ::close(own);
  errno = error;
  fail(folder_);
}

Listing::Piece Listing::next(const Names& names, Known& known, Depth depth, std::size_t entries_max) {
  Piece piece;
  for (std::size_t count = 0; count < entries_max; ++count) {
    errno = 0;
    const dirent* entry = ::readdir(directory_.get());
    if (!entry && errno != 0) fail(folder_);
    if (!entry) {
      piece.last = true;
      break;
    }
    if (is_dot(entry->d_name)) continue;
    piece.entries += 1;
    sort_in(*entry, names, known, depth, piece);
  }
  return piece;
}

void Listing::sort_in(const dirent& entry, const Names& names, Known& known, Depth depth,
                      Piece& piece) const {
  const std::string base = entry.d_name;
  auto name = join(folder_, base);
  if (depth == Depth::names && known.has_inode(name, entry.d_ino)) return;
  if (!names.enters(base)) return;
  if (entry.d_type == DT_DIR) {
    piece.folders.push_back(std::move(name));
    return;
  }
  if (entry.d_type != DT_UNKNOWN && names.judge(base) == Names::Verdict::sidecar) return;
  auto sighting = look_with_sidecar(::dirfd(directory_.get()), base, std::move(name));
  if (sighting.kind == Kind::folder) {
    piece.folders.push_back(std::move(sighting.name));
  } else if (sighting.kind != Kind::gone && !known.has(sighting.name, sighting.identity)) {
    piece.files.push_back(std::move(sighting));
  }
}

OpenedFolder open_folder(const Tree& tree, const std::string& folder) {
  auto fd = tree.folder(folder);
  if (!fd) return {.listing = nullptr, .error = fd.error()};
  const bool tells = tells_of_changes(fd->get());
  return {
      .listing = std::make_unique<Listing>(folder, std::move(*fd)), .tells_of_changes = tells, .error = {}};
}

std::vector<Sighting> look_at(const Tree& tree, const std::vector<std::string>& names) {
  return look_at_each(tree, names, [](int, const std::string&, Sighting&) {});
}

std::vector<Sighting> look_closely(const Tree& tree, const std::vector<std::string>& names) {
  return look_at_each(tree, names, [](int folder, const std::string& base, Sighting& file) {
    if (file.kind != Kind::file) return;
    file.is_being_written =
        writers_of(folder, base) == Writers::some ||
        (file.sidecar && writers_of(folder, base + std::string(kSidecarEnding)) == Writers::some);
  });
}

}  // namespace chunkrd::inbox
