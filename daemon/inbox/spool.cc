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
constexpr const char* kSpool = "spool";

[[noreturn]] void fail(const std::error_code& error, const char* what, const fs::path& path) {
  throw std::system_error(error, std::string(what) + " " + printable(path.native()));
}

[[noreturn]] void throw_gone(const fs::path& inbox, const std::error_code& error) {
  if (error == std::errc::too_many_files_open || error == std::errc::too_many_files_open_in_system ||
      error == std::errc::not_enough_memory)
    fail(error, "open inbox", inbox);
  throw FolderGone(inbox, "cannot be opened (" + error.message() + "): its documents wait until it can");
}

/// Makes our own folder in the inbox, for us alone. It must be a real folder: whoever may write into the
/// inbox could have put a link to somewhere else there first.
void make_own_folder(const fs::path& inbox) {
  const auto folder = inbox / kOwnFolder;
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    fail({errno, std::generic_category()}, "create directory", folder);
  (void)durable::open(folder, kFolder);
  durable::sync_directory(inbox);
}

}  // namespace

bool Spool::rename_works(const fs::path& inbox, const fs::path& state) {
  const auto mount = [](const fs::path& path) {
    struct statx status{};
    if (::statx(AT_FDCWD, path.c_str(), 0, STATX_INO | STATX_MNT_ID, &status) != 0)
      fail({errno, std::generic_category()}, "examine", path);
    return std::tuple(status.stx_dev_major, status.stx_dev_minor, status.stx_mnt_id);
  };
  return mount(inbox) == mount(state);
}

fs::path Spool::folder_for(const fs::path& inbox, const fs::path& state, Take take) {
  if (take == Take::copy || rename_works(inbox, state)) return state / kSpool;
  make_own_folder(inbox);
  return inbox / kOwnFolder / kSpool;
}

Spool::Spool(fs::path inbox, const fs::path& state, Take take)
    : Spool(inbox, folder_for(inbox, state, take), state, take) {
  (void)open();
}

Spool::Spool(fs::path inbox, const fs::path& folder, const fs::path& state, Take take)
    : inbox_(std::move(inbox)),
      ground_(std::make_shared<Ground>(folder, state, Ground::Kind::precious)),
      take_(take) {}

std::vector<fs::path> Spool::folders_for(const fs::path& inbox, const fs::path& state) {
  return {state / kSpool, inbox / kOwnFolder / kSpool};
}

Spool::Origin Spool::find(const std::string& name) const {
  const auto tree = Tree::open(inbox_);
  if (!tree) throw_gone(inbox_, tree.error());  // it says nothing about its documents
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
  Taking taking(std::move(origin.base), identity, id, std::move(origin.folder), ground_->open(),
                std::move(label));
  if (!has_folder) {
    const auto found = taking.look_in_spool_only();
    return found == Taken::vanished && origin.through_link ? Taken::refused : found;
  }
  return take_ == Take::move ? taking.move() : taking.copy();
}

Took Spool::take(const Arrival& document, const std::string& job_id) const {
  const bool is_spooled = has(job_id);
  const std::string sidecar_name = document.name + std::string(kSidecarEnding);
  if (!document.sidecar) {
    if (!is_spooled && is_there(sidecar_name)) return {Taken::changed};
    return {take(document.name, document.identity, job_id)};
  }
  const auto sidecar = take_file(sidecar_name, *document.sidecar, sidecar_id(job_id), std::nullopt);
  if (!is_spooled && (sidecar == Taken::vanished || sidecar == Taken::changed)) return {Taken::changed};
  if (!is_spooled && sidecar == Taken::forbidden) return {Taken::forbidden};
  const auto original = take(document.name, document.identity, job_id);
  if (original == Taken::taken) return {original, sidecar};
  if (sidecar == Taken::taken) give_back(sidecar_name, *document.sidecar, sidecar_id(job_id));
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
  Taking taking(std::move(origin.base), identity, id, std::move(origin.folder), ground_->open(),
                std::nullopt);
  if (take_ == Take::copy) {
    taking.undo_copy();
  } else if (has_folder) {
    taking.undo_move();
  }
}

void Spool::label(const std::string& job_id, const std::string& name, const std::string& identity) const {
  const auto folder = open();
  const FileDescriptor file(
      ::openat(folder.get(), job_id.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file) fail({errno, std::generic_category()}, "open", path_of(job_id));
  Label{inbox_.native(), name, identity}.put_on(file.get());
  durable::sync_file(file.get(), path_of(job_id));
}

bool Spool::has(const std::string& job_id) const {
  const auto folder = open();
  return look_surely(folder.get(), job_id, job_id).kind != Kind::gone;
}

fs::path Spool::path_of(const std::string& job_id) const {
  return folder() / job_id;
}

std::string Spool::sidecar_id(const std::string& job_id) {
  return job_id + std::string(kSidecarEnding);
}

fs::path Spool::sidecar_of(const std::string& job_id) const {
  return folder() / sidecar_id(job_id);
}

std::vector<std::string> Spool::job_ids() const {
  std::vector<std::string> ids;
  for (const auto& entry : fs::directory_iterator(folder())) {
    auto name = entry.path().filename().native();
    if (!name.starts_with('.') && !name.ends_with(kSidecarEnding)) ids.push_back(std::move(name));
  }
  return ids;
}

}  // namespace chunkrd::inbox
