#include "inbox/tree.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>

#include "core/escape.h"
#include "inbox/names.h"

namespace chunkrd::inbox {
namespace {

constexpr int kFolderFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

std::error_code last_error() noexcept {
  return {errno, std::generic_category()};
}

/// Takes the first component off the front of `path`.
std::string next_component(std::string_view& path) {
  const auto slash = path.find('/');
  std::string component(path.substr(0, slash));
  path.remove_prefix(slash == path.npos ? path.size() : slash + 1);
  return component;
}

/// Why `component` of `folder` could not be opened as a folder. Of a link Linux says ENOTDIR.
std::error_code error_of_step(int folder, const std::string& component) {
  const auto error = last_error();
  struct stat status{};
  const bool is_link = error == std::errc::not_a_directory &&
                       ::fstatat(folder, component.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 &&
                       S_ISLNK(status.st_mode);
  return is_link ? std::make_error_code(std::errc::too_many_symbolic_link_levels) : error;
}

}  // namespace

SplitName split(std::string_view name) {
  const auto slash = name.rfind('/');
  if (slash == name.npos) return {"", std::string(name)};
  return {std::string(name.substr(0, slash)), std::string(name.substr(slash + 1))};
}

std::string join(std::string_view folder, std::string_view base) {
  if (folder.empty()) return std::string(base);
  std::string name;
  name.reserve(folder.size() + 1 + base.size());
  return name.append(folder).append(1, '/').append(base);
}

bool is_below(std::string_view name) noexcept {
  if (name.empty() || name.find('\0') != name.npos) return false;
  bool first = true;
  while (true) {
    const auto slash = name.find('/');
    const auto component = name.substr(0, slash);
    if (component.empty() || component == "." || component == "..") return false;
    if (std::exchange(first, false) && component == kOwnFolder) return false;
    if (slash == name.npos) return true;
    name.remove_prefix(slash + 1);
  }
}

std::expected<Tree, Tree::Error> Tree::open(const std::filesystem::path& root) {
  FileDescriptor fd(::open(root.c_str(), kFolderFlags));
  if (!fd) return std::unexpected(last_error());
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return std::unexpected(last_error());
  return Tree(std::move(fd), Identity::of(status));
}

std::expected<FileDescriptor, Tree::Error> Tree::folder(std::string_view folder) const {
  FileDescriptor fd(::openat(root_.get(), ".", kFolderFlags));
  while (fd && !folder.empty()) {
    const auto component = next_component(folder);
    FileDescriptor next(::openat(fd.get(), component.c_str(), kFolderFlags | O_NOFOLLOW));
    if (!next) return std::unexpected(error_of_step(fd.get(), component));
    fd = std::move(next);
  }
  if (!fd) return std::unexpected(last_error());
  return fd;
}

Sighting look(int folder, const std::string& base, std::string name) {
  struct stat status{};
  if (::fstatat(folder, base.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return {.name = std::move(name),
            .kind = means_gone(last_error()) ? Kind::gone : Kind::unclear,
            .error = last_error()};
  const auto kind = S_ISREG(status.st_mode)   ? Kind::file
                    : S_ISDIR(status.st_mode) ? Kind::folder
                                              : Kind::special;
  return {std::move(name), kind, Identity::of(status)};
}

Sighting look_surely(int folder, const std::string& base, std::string name) {
  auto sighting = look(folder, base, std::move(name));
  if (sighting.kind == Kind::unclear) throw std::system_error(sighting.error, "look at " + printable(base));
  return sighting;
}

Sighting look_with_sidecar(int folder, const std::string& base, std::string name) {
  auto sighting = look(folder, base, std::move(name));
  // Beside a name that long there cannot be one.
  if (sighting.kind != Kind::file || base.size() + kSidecarEnding.size() > NAME_MAX) return sighting;
  const auto sidecar = look(folder, base + std::string(kSidecarEnding), {});
  if (sidecar.kind == Kind::unclear) {
    sighting.kind = Kind::unclear;
    sighting.error = sidecar.error;
  }
  if (sidecar.kind != Kind::gone) sighting.sidecar = sidecar.identity;
  return sighting;
}

bool means_gone(const std::error_code& error) noexcept {
  return error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory ||
         error == std::errc::too_many_symbolic_link_levels;
}

}  // namespace chunkrd::inbox
