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

Problem problem(ExitCode code, const Folder& folder, std::string_view what) {
  return {folder.key, code, fmt::format("{}: {}", named(folder), what)};
}

bool is_missing(const Folder& folder) {
  struct stat status{};
  return ::stat(folder.canonical.c_str(), &status) != 0 && errno == ENOENT;
}

// Whether a folder that is not there can be created.
std::optional<Problem> why_not_created(const Folder& folder) {
  const fs::path parent = folder.canonical.parent_path();
  if (!file_id(parent)) {
    return problem(
        ExitCode::no_input, folder,
        fmt::format("does not exist, and {} neither; create it or mend the path", parent.string()));
  }
  if (::faccessat(AT_FDCWD, parent.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return problem(ExitCode::no_permission, folder,
                   fmt::format("cannot be created: {}", std::generic_category().message(errno)));
  return std::nullopt;
}

// Creates a folder that is not there.
std::optional<Problem> create(const Folder& folder) {
  if (auto found = why_not_created(folder)) return found;
  const fs::path parent = folder.canonical.parent_path();
  // The state holds the documents under way: it is nobody else's business.
  const mode_t mode = folder.role == Role::state ? 0700 : 0755;
  if (::mkdir(folder.canonical.c_str(), mode) != 0 && errno != EEXIST) {
    return problem(ExitCode::no_permission, folder,
                   fmt::format("cannot be created: {}", std::generic_category().message(errno)));
  }
  durable::sync_directory(parent);
  return std::nullopt;
}

bool is_made_when_missing(const Folder& folder) {
  return !is_inbox(folder.role) && is_missing(folder);
}

// Of a folder that is there, or is no one that we make.
std::optional<Problem> why_not_usable(const Folder& folder) {
  struct stat status{};
  if (::stat(folder.canonical.c_str(), &status) != 0) {
    const int error = errno;
    const char* advice = error == ENOENT ? "; create it or mend the path" : "";
    return problem(error == EACCES ? ExitCode::no_permission : ExitCode::no_input, folder,
                   std::generic_category().message(error) + advice);
  }
  if (!S_ISDIR(status.st_mode)) return problem(ExitCode::no_input, folder, "is not a folder");
  const int needed = folder.role == Role::read_only_inbox ? R_OK | X_OK : R_OK | W_OK | X_OK;
  if (::faccessat(AT_FDCWD, folder.canonical.c_str(), needed, AT_EACCESS) != 0) {
    const char* access = folder.role == Role::read_only_inbox ? "readable" : "readable and writable";
    return problem(
        ExitCode::no_permission, folder,
        fmt::format("must be {} for this user: {}", access, std::generic_category().message(errno)));
  }
  return std::nullopt;
}

std::vector<Problem> conflicts(const std::vector<Folder>& folders) {
  std::vector<Problem> problems;
  for (auto a = folders.begin(); a != folders.end(); ++a)
    for (auto b = a + 1; b != folders.end(); ++b)
      if (std::string text = conflict(*a, *b); !text.empty())
        problems.push_back({a->key, ExitCode::bad_config, std::move(text)});
  return problems;
}

void throw_if_any(const std::vector<Problem>& problems) {
  if (problems.empty()) return;
  std::vector<std::string> lines;
  for (const Problem& p : problems) lines.push_back(p.text);
  throw UserError(problems.front().code, fmt::format("{}", fmt::join(lines, "\n")));
}

}  // namespace

void check_folders(const Settings& settings) {
  const std::vector<Folder> folders = folders_of(settings);
  throw_if_any(conflicts(folders));
  std::vector<Problem> problems;
  for (const Folder& folder : folders) {
    auto found = is_made_when_missing(folder) ? create(folder) : why_not_usable(folder);
    if (found) problems.push_back(std::move(*found));
  }
  throw_if_any(problems);
}

std::vector<FolderProblem> folder_problems(const Settings& settings) {
  const std::vector<Folder> folders = folders_of(settings);
  std::vector<Problem> problems = conflicts(folders);
  for (const Folder& folder : folders) {
    auto found = is_made_when_missing(folder) ? why_not_created(folder) : why_not_usable(folder);
    if (found) problems.push_back(std::move(*found));
  }
  return problems;
}

}  // namespace chunkrd::config
