#include <fmt/format.h>
#include <fmt/ranges.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <system_error>

#include "cli/checks.h"
#include "cli/job_text.h"
#include "cli/open_queue.h"
#include "cli/process_limits.h"
#include "cli/state_lock.h"
#include "config/api_key.h"
#include "config/folders.h"
#include "core/errors.h"
#include "core/escape.h"
#include "inbox/filesystem.h"
#include "local/needs.h"
#include "metrics/endpoint.h"
#include "queue/sqlite/filesystem.h"

namespace chunkrd::cli {
namespace {

namespace fs = std::filesystem;
using Level = Finding::Level;

struct Place {
  std::string key;
  fs::path path;
};

std::vector<Place> places_of(const config::Settings& settings) {
  std::vector<Place> places{{"state", settings.state}};
  for (std::size_t i = 0; i < settings.inboxes.size(); ++i) {
    const config::Inbox& inbox = settings.inboxes[i];
    const auto add = [&](const char* key, const fs::path& path) {
      places.push_back({fmt::format("inboxes[{}].{}", i, key), path});
    };
    add("path", inbox.path);
    add("outbox", inbox.outbox);
    add("failed", inbox.failed);
    if (inbox.archive) add("archive", *inbox.archive);
  }
  return places;
}

// The folder itself, or where it will be made.
fs::path existing(fs::path path) {
  std::error_code error;
  while (!fs::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::optional<struct stat> status_of(const fs::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

// Root may do everything, so it sees none of the daemon's troubles.
void check_user(const config::Settings& settings, Findings& findings) {
  const auto state = status_of(settings.state);
  if (::geteuid() != 0 || !state || state->st_uid == 0) return;
  const passwd* owner = ::getpwuid(state->st_uid);
  const std::string name = owner != nullptr ? owner->pw_name : std::to_string(state->st_uid);
  findings.push_back({"user", Level::warning,
                      "you are root: what the daemon may not read or write looks fine",
                      fmt::format("run this as the daemon's user: sudo -u {} chunkrd check", name)});
}

void check_watching(const config::Inbox& inbox, const Place& place, Findings& findings) {
  struct statfs about{};
  if (::statfs(place.path.c_str(), &about) != 0) return;
  if (inbox::tells_of_changes_by_type(static_cast<unsigned long>(about.f_type))) return;
  const auto kind = queue::network_filesystem(static_cast<std::uint64_t>(about.f_type)).value_or("shared");
  const bool events = inbox.watch == config::Watch::events;
  findings.push_back(
      {"folders", events ? Level::warning : Level::ok,
       fmt::format("{} ({}) is a network mount ({}): {}", place.key, printable(place.path.native()), kind,
                   events ? "changes made by other machines are noticed at the next rescan only"
                          : fmt::format("it is scanned every {}", inbox.rescan.count()) + " s"),
       events ? "set watch: auto or scan, and a shorter rescan" : ""});
}

void check_folders(const config::Settings& settings, Findings& findings) {
  const auto problems = config::folder_problems(settings);
  if (problems.empty()) findings.push_back({"folders", Level::ok, "all usable, none inside another", ""});
  for (const auto& problem : problems)
    findings.push_back(
        {"folders", Level::error, problem.text,
         problem.kind == config::FolderProblem::Kind::absence
             ? "the daemon goes on with the others meanwhile; `chunkrd status` tells what waits"
             : ""});
  for (const Place& place : places_of(settings))
    if (!status_of(place.path) && !place.key.ends_with(".path") &&
        std::ranges::find(problems, place.key, &config::FolderProblem::key) == problems.end())
      findings.push_back({"folders", Level::ok,
                          fmt::format("{} ({}) will be made", place.key, printable(place.path.native())),
                          ""});
  for (std::size_t i = 0; i < settings.inboxes.size(); ++i) {
    const Place place{fmt::format("inboxes[{}].path", i), settings.inboxes[i].path};
    check_watching(settings.inboxes[i], place, findings);
  }
  check_taking(settings, findings);
}

// One line for each filesystem, naming the folders that lie on it.
void check_space(const config::Settings& settings, Findings& findings) {
  constexpr std::uint64_t kTooLittle = 100'000'000, kLittle = 1'000'000'000;
  constexpr std::uint64_t kFewFiles = 1000;
  std::map<dev_t, std::vector<Place>> by_filesystem;
  for (const Place& place : places_of(settings))
    if (const auto status = status_of(existing(place.path))) by_filesystem[status->st_dev].push_back(place);
  for (const auto& [device, places] : by_filesystem) {
    struct statvfs about{};
    if (::statvfs(existing(places.front().path).c_str(), &about) != 0) continue;
    const std::uint64_t free_bytes = std::uint64_t{about.f_bavail} * about.f_frsize;
    std::vector<std::string> keys;
    for (const Place& place : places) keys.push_back(place.key);
    const std::string where = fmt::format("{}", fmt::join(keys, ", "));
    const Level level = free_bytes < kTooLittle ? Level::error
                        : free_bytes < kLittle  ? Level::warning
                                                : Level::ok;
    findings.push_back({"space", level, fmt::format("{} free for {}", size_text(free_bytes), where),
                        level == Level::ok ? "" : "free some space, or move these folders"});
    if (about.f_files > 0 && about.f_favail < kFewFiles)
      findings.push_back({"space", Level::error,
                          fmt::format("only {} more files fit for {}", about.f_favail, where),
                          "remove files there: the filesystem is out of inodes"});
  }
}

void check_key(const config::Settings& settings, Findings& findings) {
  try {
    const bool none = config::load_api_key(settings.api).empty();
    findings.push_back(
        {"key", Level::ok, none ? "none, and none is needed on this machine" : "there is one", ""});
  } catch (const UserError& error) {
    findings.push_back({"key", Level::error, error.what(), ""});
    return;
  }
  if (config::travels_in_the_open(settings.api))
    findings.push_back({"key", Level::warning, std::string("api.url: ") + config::kInTheOpen,
                        "use https://, if the service has it"});
  if (!settings.api.key_file) return;
  const auto status = status_of(*settings.api.key_file);
  if (status && S_ISREG(status->st_mode) && (status->st_mode & S_IROTH) != 0)
    findings.push_back(
        {"key", Level::warning,
         fmt::format("{}: everybody on this machine may read it", printable(settings.api.key_file->native())),
         "chmod o-r it"});
}

void check_queue(const config::Settings& settings, Findings& findings) {
  const fs::path file = queue_file(settings);
  std::error_code error;
  if (!fs::exists(file, error) && !error) {
    findings.push_back({"queue", Level::ok, "not there yet: the daemon makes it when it starts first", ""});
    return;
  }
  try {
    auto store = open_queue(settings, queue::Access::read);
    auto database = queue::open_database(file, {.access = queue::Access::read});
    if (const std::string damage = queue::damage_in(database); !damage.empty()) {
      findings.push_back({"queue", Level::error,
                          fmt::format("{} is damaged: {}", printable(file.native()), damage),
                          "stop the daemon and run `chunkrd rebuild`: it keeps the damaged file aside"});
      return;
    }
    std::int64_t jobs = 0;
    for (const std::int64_t count : store.counts()) jobs += count;
    findings.push_back({"queue", Level::ok, fmt::format("whole, {} jobs", jobs), ""});
  } catch (const std::exception& refusal) {
    findings.push_back({"queue", Level::error, refusal.what(), ""});
  }
}

void check_daemon(const config::Settings& settings, Findings& findings) {
  bool running = false;
  try {
    running = StateLock::is_held(settings.state);
  } catch (const std::system_error& error) {
    findings.push_back({"daemon", Level::error, error.what(),
                        "run it as the daemon's user (sudo -u chunkrd chunkrd check) or as root"});
    return;
  }
  if (running)
    findings.push_back({"daemon", Level::ok, "running", ""});
  else
    findings.push_back({"daemon", Level::warning, "not running",
                        "systemctl start chunkrd, or chunkrd run; this may be what you mean"});
}

bool wants_reports(const config::Settings& settings) {
  return std::ranges::any_of(settings.profiles, [](const auto& named) {
    return std::ranges::find(named.second.artifacts, config::Artifact::report) !=
           named.second.artifacts.end();
  });
}

// Where the service is on this machine, so are the programs that it starts.
void check_local_service(const config::Settings& settings, Findings& findings) {
  if (!config::is_loopback(settings.api.url)) return;
  const auto missing = local::missing_needs();
  for (const local::Need& need : missing)
    findings.push_back({"tools", Level::warning, "chunkr-local: " + local::describe(need),
                        fmt::format("apt-get install {}", need.package)});
  if (missing.empty())
    findings.push_back({"tools", Level::ok, "all programs that chunkr-local parses with are there", ""});
}

// Of a daemon that runs it is in use as it should be.
void check_metrics(const config::Settings& settings, Findings& findings) {
  const std::string& listen = settings.metrics.listen;
  if (listen.empty() || StateLock::is_held(settings.state)) return;
  const std::string fault = metrics::fault_of_address(listen);
  if (fault.empty())
    findings.push_back({"metrics", Level::ok, "metrics.listen: " + listen + " is free", ""});
  else
    findings.push_back({"metrics", Level::error, fault, "name another port, or none (listen: \"\")"});
}

void check_tools(const config::Settings& settings, Findings& findings) {
  if (find_program("pdftoppm"))
    findings.push_back({"tools", Level::ok, "pdftoppm is there: reports show the pages' pictures", ""});
  else
    findings.push_back({"tools", wants_reports(settings) ? Level::warning : Level::ok,
                        "pdftoppm is not there: reports draw their boxes on blank pages",
                        "install poppler-utils to have the pages' pictures in reports"});
}

void check_open_files(const config::Settings& settings, Findings& findings) {
  const OpenFiles files = look_at_open_files(settings);
  findings.push_back({"limits", files.enough() ? Level::ok : Level::warning, files.text(), ""});
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return {};
}

Findings check_this_machine(const config::Settings& settings) {
  Findings findings;
  check_user(settings, findings);
  check_folders(settings, findings);
  check_space(settings, findings);
  check_key(settings, findings);
  check_queue(settings, findings);
  check_inboxes(settings, findings);
  check_daemon(settings, findings);
  check_metrics(settings, findings);
  check_tools(settings, findings);
  check_hooks(settings, findings);
  check_open_files(settings, findings);
  check_local_service(settings, findings);
  return findings;
}

}  // namespace chunkrd::cli
