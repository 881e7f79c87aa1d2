#include "inbox/spool.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <tuple>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "inbox/names.h"
#include "inbox/taking.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {
namespace {

namespace fs = std::filesystem;

constexpr int kFolder = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;

[[noreturn]] void fail(const std::error_code& error, const char* what, const fs::path& path) {
  throw std::system_error(error, std::string(what) + " " + printable(path.native()));
}

/// Makes `parent`/`name`, for us alone. It must be a real folder: whoever may write into the inbox could
/// have put a link to somewhere else there first.
fs::path make_private_folder(const fs::path& parent, const char* name) {
  auto folder = parent / name;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    fail({errno, std::generic_category()}, "create directory", folder);
  (void)durable::open(folder, kFolder);
  durable::sync_directory(parent);
  return folder;
}

/// Whether rename(2) works between the two: the same filesystem (and subvolume), and the same mount of it.
bool rename_works(const fs::path& a, const fs::path& b) {
  const auto mount = [](const fs::path& path) {
    struct statx status{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_MNT_ID, &status) != 0)
      fail({errno, std::generic_category()}, "examine", path);
    return std::tuple(status.stx_dev_major, status.stx_dev_minor, status.stx_mnt_id);
  };
  return mount(a) == mount(b);
}

}  // namespace

Spool::Spool(fs::path inbox, const fs::path& state, Take take) : inbox_(std::move(inbox)), take_(take) {
  const bool beside_state = take_ == Take::copy || rename_works(inbox_, state);
  folder_ = make_private_folder(beside_state ? state : make_private_folder(inbox_, kOwnFolder), "spool");
}

Taken Spool::take(const std::string& name, const Identity& identity, const std::string& job_id) const {
  if (!is_below(name)) return Taken::refused;
  const auto tree = Tree::open(inbox_);
  if (!tree) fail(tree.error(), "open inbox", inbox_);  // a missing inbox says nothing about its documents
  auto [folder, base] = split(name);
  auto from = tree->folder(folder);
  if (!from && !means_gone(from.error())) fail(from.error(), "open folder", inbox_ / folder);

  auto spool = durable::open(folder_, kFolder);
  const bool through_link = !from && from.error() == std::errc::too_many_symbolic_link_levels;
  Taking taking(std::move(base), identity, job_id, from ? std::move(*from) : FileDescriptor(),
                std::move(spool));
  if (!from) {
    const auto found = taking.look_in_spool_only();
    return found == Taken::vanished && through_link ? Taken::refused : found;
  }
  return take_ == Take::move ? taking.move() : taking.copy();
}

fs::path Spool::path_of(const std::string& job_id) const {
  return folder_ / job_id;
}

std::vector<std::string> Spool::job_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    auto name = entry.path().filename().native();
    if (!name.starts_with('.')) ids.push_back(std::move(name));
  }
  return ids;
}

}  // namespace chunkrd::inbox
