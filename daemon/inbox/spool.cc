#include "inbox/spool.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <climits>
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

Spool::Origin Spool::find(const std::string& name) const {
  const auto tree = Tree::open(inbox_);
  if (!tree) fail(tree.error(), "open inbox", inbox_);  // a missing inbox says nothing about its documents
  auto [folder, base] = split(name);
  auto from = tree->folder(folder);
  if (!from && !means_gone(from.error())) fail(from.error(), "open folder", inbox_ / folder);
  const bool through_link = !from && from.error() == std::errc::too_many_symbolic_link_levels;
  return {std::move(base), from ? std::move(*from) : FileDescriptor(), through_link};
}

Taken Spool::take(const std::string& name, const Identity& identity, const std::string& job_id) const {
  return take_file(name, identity, job_id, Label{inbox_.native(), name, identity.text()});
}

Taken Spool::take_file(const std::string& name, const Identity& identity, const std::string& id,
                       std::optional<Label> label) const {
  if (!is_below(name)) return Taken::refused;
  auto origin = find(name);
  const bool has_folder = static_cast<bool>(origin.folder);
  Taking taking(std::move(origin.base), identity, id, std::move(origin.folder),
                durable::open(folder_, kFolder), std::move(label));
  if (!has_folder) {
    const auto found = taking.look_in_spool_only();
    return found == Taken::vanished && origin.through_link ? Taken::refused : found;
  }
  return take_ == Take::move ? taking.move() : taking.copy();
}

Took Spool::take(const Arrival& document, const std::string& job_id) const {
  const bool is_spooled = fs::exists(fs::symlink_status(path_of(job_id)));
  const std::string sidecar_name = document.name + std::string(kSidecarEnding);
  if (!document.sidecar) {
    if (!is_spooled && is_there(sidecar_name)) return {Taken::changed};
    return {take(document.name, document.identity, job_id)};
  }
  const std::string sidecar_id = job_id + std::string(kSidecarEnding);
  const auto sidecar = take_file(sidecar_name, *document.sidecar, sidecar_id, std::nullopt);
  if (!is_spooled && (sidecar == Taken::vanished || sidecar == Taken::changed)) return {Taken::changed};
  if (!is_spooled && sidecar == Taken::forbidden) return {Taken::forbidden};
  const auto original = take(document.name, document.identity, job_id);
  if (original == Taken::taken) return {original, sidecar};
  if (sidecar == Taken::taken) give_back(sidecar_name, *document.sidecar, sidecar_id);
  return {original};
}

bool Spool::is_there(const std::string& name) const {
  if (!is_below(name)) return false;
  const auto origin = find(name);
  return origin.folder && origin.base.size() <= NAME_MAX &&
         look_surely(origin.folder.get(), origin.base, name).kind != Kind::gone;
}

void Spool::give_back(const std::string& name, const Identity& identity, const std::string& id) const {
  auto origin = find(name);
  const bool has_folder = static_cast<bool>(origin.folder);
  Taking taking(std::move(origin.base), identity, id, std::move(origin.folder),
                durable::open(folder_, kFolder), std::nullopt);
  if (take_ == Take::copy) {
    taking.undo_copy();
  } else if (has_folder) {
    taking.undo_move();
  }
}

void Spool::label(const std::string& job_id, const std::string& name, const std::string& identity) const {
  const auto file = durable::open(path_of(job_id), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  Label{inbox_.native(), name, identity}.put_on(file.get());
  durable::sync_file(file.get(), path_of(job_id));
}

fs::path Spool::path_of(const std::string& job_id) const {
  return folder_ / job_id;
}

fs::path Spool::sidecar_of(const std::string& job_id) const {
  return folder_ / (job_id + std::string(kSidecarEnding));
}

std::vector<std::string> Spool::job_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    auto name = entry.path().filename().native();
    if (!name.starts_with('.') && !name.ends_with(kSidecarEnding)) ids.push_back(std::move(name));
  }
  return ids;
}

}  // namespace chunkrd::inbox
