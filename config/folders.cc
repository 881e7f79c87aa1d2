#include "config/folders.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/durable.h"
#include "core/errors.h"
#include "core/ground.h"

namespace chunkrd::config {
namespace {

namespace fs = std::filesystem;

enum class Role { inbox, read_only_inbox, outbox, failed, archive, state };

bool is_inbox(Role role) {
  return role == Role::inbox || role == Role::read_only_inbox;
}

// What the kernel takes a folder for, whatever its name.
using FileId = std::pair<dev_t, ino_t>;

std::optional<FileId> file_id(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return FileId{status.st_dev, status.st_ino};
}

struct Folder {
  std::string key;
  Role role;
  fs::path path;
  fs::path canonical;            // without links, as far as it exists
  std::vector<FileId> ancestry;  // of the folder and all above it that exist
  std::optional<FileId> id;
};

Folder make_folder(std::string key, Role role, const fs::path& path) {
  std::error_code error;
  fs::path canonical = fs::weakly_canonical(path, error);
  if (error) canonical = path.lexically_normal();
  Folder folder{std::move(key), role, path, canonical, {}, file_id(canonical)};
  for (fs::path at = canonical;; at = at.parent_path()) {
    if (const auto id = file_id(at)) folder.ancestry.push_back(*id);
    if (at == at.parent_path()) break;
  }
  return folder;
}

std::vector<Folder> folders_of(const Settings& settings) {
  std::vector<Folder> folders{make_folder("state", Role::state, settings.state)};
  for (std::size_t i = 0; i < settings.inboxes.size(); ++i) {
    const Inbox& inbox = settings.inboxes[i];
    const auto add = [&](const char* key, Role role, const fs::path& path) {
      folders.push_back(make_folder(fmt::format("inboxes[{}].{}", i, key), role, path));
    };
    add("path", inbox.originals == Originals::keep ? Role::read_only_inbox : Role::inbox, inbox.path);
    add("outbox", Role::outbox, inbox.outbox);
    add("failed", Role::failed, inbox.failed);
    if (inbox.archive) add("archive", Role::archive, *inbox.archive);
  }
  return folders;
}

bool is_same(const Folder& a, const Folder& b) {
  return a.canonical == b.canonical || (a.id && a.id == b.id);
}

bool lies_inside(const Folder& inner, const Folder& outer) {
  const auto [end, rest] = std::ranges::mismatch(outer.canonical, inner.canonical);
  if (end == outer.canonical.end()) return true;
  return outer.id && std::ranges::find(inner.ancestry, *outer.id) != inner.ancestry.end();
}

std::string named(const Folder& folder) {
  return fmt::format("{} ({})", folder.key, folder.path.string());
}

// What is wrong between two folders, or nothing.
std::string conflict(const Folder& a, const Folder& b) {
  if (is_same(a, b)) {
    if (a.role == b.role && !is_inbox(a.role)) return {};
    return fmt::format("{} and {} are the same folder; use two", named(a), named(b));
  }
  if (lies_inside(a, b)) return fmt::format("{} lies inside {}; use separate folders", named(a), named(b));
  if (lies_inside(b, a)) return fmt::format("{} lies inside {}; use separate folders", named(b), named(a));
  return {};
}

using Problem = FolderProblem;
using Kind = FolderProblem::Kind;

Problem mistake(ExitCode code, const Folder& folder, std::string_view what) {
  return {folder.key, Kind::mistake, code, fmt::format("{}: {}", named(folder), what)};
}

Problem absence(const Folder& folder, std::string_view what) {
  return {folder.key, Kind::absence, ExitCode::no_input,
          fmt::format("{}: {}; its documents wait until it is there", named(folder), what)};
}

// Of what we may not do, or what is no folder, and will not be one by waiting.
bool is_mistake(int error) {
  return error == EACCES || error == EPERM || error == ENOTDIR || error == ELOOP || error == ENAMETOOLONG;
}

Problem problem(int error, const Folder& folder, std::string_view what) {
  const std::string text = fmt::format("{}{}", what, std::generic_category().message(error));
  if (!is_mistake(error)) return absence(folder, text);
  return mistake(error == EACCES || error == EPERM ? ExitCode::no_permission : ExitCode::no_input, folder,
                 text);
}

bool is_missing(const Folder& folder) {
  struct stat status{};
  return ::stat(folder.canonical.c_str(), &status) != 0 && errno == ENOENT;
}

// Whether a folder that is not there can be created.
std::optional<Problem> why_not_created(const Folder& folder) {
  const fs::path parent = folder.canonical.parent_path();
  if (struct stat status{}; ::stat(parent.c_str(), &status) != 0 && errno == ENOENT) {
    const std::string text =
        fmt::format("does not exist, and {} neither; mount or create it, or mend the path", parent.string());
    return folder.role == Role::state ? mistake(ExitCode::no_input, folder, text) : absence(folder, text);
  }
  if (::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return problem(errno, folder, "cannot be created: ");
  return std::nullopt;
}

// Of a folder that is there, or is no one that we make.
std::optional<Problem> why_not_usable(const Folder& folder) {
  struct stat status{};
  if (::stat(folder.canonical.c_str(), &status) != 0)
    return errno == ENOENT ? absence(folder, "does not exist; mount or create it, or mend the path")
                           : problem(errno, folder, "");
  if (!S_ISDIR(status.st_mode)) return mistake(ExitCode::no_input, folder, "is not a folder");
  const int needed = folder.role == Role::read_only_inbox ? R_OK | X_OK : R_OK | W_OK | X_OK;
  if (::faccessat(AT_FDCWD, folder.canonical.c_str(), needed, AT_EACCESS) != 0) {
    const char* access = folder.role == Role::read_only_inbox ? "readable" : "readable and writable";
    return problem(errno, folder, fmt::format("must be {} for this user: ", access));
  }
  return std::nullopt;
}

std::optional<Problem> problem_of(const Folder& folder, const fs::path& state) {
  if (folder.role == Role::state)
    return is_missing(folder) ? why_not_created(folder) : why_not_usable(folder);
  const auto kind = is_inbox(folder.role) ? Ground::Kind::theirs : Ground::Kind::open;
  const Ground ground(folder.path, state, kind);
  if (const auto hidden = ground.hidden())
    return Problem{folder.key, Kind::absence, ExitCode::no_input,
                   fmt::format("{}: {}", folder.key, hidden->what())};
  return !is_inbox(folder.role) && is_missing(folder) ? why_not_created(folder) : why_not_usable(folder);
}

// The state holds the documents under way: it is nobody else's business.
void create_state(const Folder& folder) {
  if (::mkdir(folder.canonical.c_str(), 0700) != 0 && errno != EEXIST)
    throw UserError(ExitCode::no_permission, fmt::format("{}: cannot be created: {}", named(folder),
                                                         std::generic_category().message(errno)));
  durable::sync_directory(folder.canonical.parent_path());
}

std::vector<Problem> conflicts(const std::vector<Folder>& folders) {
  std::vector<Problem> problems;
  for (auto a = folders.begin(); a != folders.end(); ++a)
    for (auto b = a + 1; b != folders.end(); ++b)
      if (std::string text = conflict(*a, *b); !text.empty())
        problems.push_back({a->key, Kind::mistake, ExitCode::bad_config, std::move(text)});
  return problems;
}

void throw_mistakes(const std::vector<Problem>& problems) {
  std::vector<std::string> lines;
  std::optional<ExitCode> code;
  for (const Problem& found : problems) {
    if (found.kind != Kind::mistake) continue;
    lines.push_back(found.text);
    if (!code) code = found.code;
  }
  if (code) throw UserError(*code, fmt::format("{}", fmt::join(lines, "\n")));
}

std::vector<Problem> problems_of(const std::vector<Folder>& folders, const fs::path& state) {
  std::vector<Problem> problems = conflicts(folders);
  for (const Folder& folder : folders)
    if (auto found = problem_of(folder, state)) problems.push_back(std::move(*found));
  return problems;
}

}  // namespace

void look_at_folders(const Settings& settings) {
  const std::vector<Folder> folders = folders_of(settings);
  throw_mistakes(conflicts(folders));
  throw_mistakes(problems_of(folders, settings.state));
}

void check_folders(const Settings& settings) {
  look_at_folders(settings);
  const Folder state = folders_of(settings).front();
  if (is_missing(state)) create_state(state);
}

std::vector<FolderProblem> folder_problems(const Settings& settings) {
  return problems_of(folders_of(settings), settings.state);
}

}  // namespace chunkrd::config
