#include "pipeline/sidecar.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <filesystem>

#include "config/problems.h"
#include "config/sidecar.h"
#include "core/durable.h"
#include "core/errors.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "inbox/names.h"
#include "inbox/tree.h"
#include "outbox/relative_name.h"

namespace chunkrd::pipeline::sidecar {
namespace {

namespace fs = std::filesystem;
using lifecycle::Fault;
using lifecycle::OwnSettings;

constexpr const char* kCode = "bad_sidecar";

// The name a sidecar has beside a document.
std::string beside(const std::string& document) {
  const auto parts = inbox::split(document);
  return inbox::join(parts.folder,
                     outbox::fitted(parts.base, inbox::kSidecarEnding.size()).append(inbox::kSidecarEnding));
}

outbox::Folder spool_of(const Place& place) {
  return {place.spool.folder(), place.spool.open()};
}

// Moves it from the spool to `name`.
void move_to(outbox::Shelf& shelf, const outbox::Folder& spool, const queue::Job& job,
             const std::string& name, const std::string& put_id) {
  const std::string base = inbox::Spool::sidecar_id(job.id);
  std::string content;
  if (const auto file = spool.open_if_file(base)) content = sha256_of(file.get(), spool.path() / base).sha256;
  shelf.put(spool, base, {.name = name, .job_id = put_id, .sha256 = content, .mark = job.sha256});
}

OwnSettings with(const Rules& rules, std::string profile, const config::Sidecar& own) {
  const auto found = rules.profiles.find(profile);
  const config::Profile& base = found == rules.profiles.end() ? rules.profiles.at("default") : found->second;
  return {.profile = std::move(profile),
          .settings = config::merged(base.parse, own.parse),
          .priority = own.priority.value_or(base.priority)};
}

}  // namespace

bool lies_in_spool(const Place& place, const queue::Job& job) {
  return spool_of(place).has(inbox::Spool::sidecar_id(job.id));
}

OwnSettings of_profile(const Rules& rules, const Place& place, const queue::Job& job) {
  return with(rules, place.profile_of(job.name), {});
}

std::variant<OwnSettings, Fault> read(const Rules& rules, const Place& place, const queue::Job& job) {
  (void)place.spool.open();
  const fs::path file = place.spool.sidecar_of(job.id);
  try {
    (void)durable::open(file, O_RDONLY | O_NOFOLLOW);
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    return Fault{kCode,
                 fmt::format("{}: cannot be read: {}", printable(beside(job.name)), error.code().message())};
  }
  std::vector<std::string> profiles;
  for (const auto& [name, profile] : rules.profiles) profiles.push_back(name);
  try {
    const auto own = config::read_sidecar(file, printable(beside(job.name)), profiles);
    return with(rules, own.profile.value_or(place.profile_of(job.name)), own);
  } catch (const config::ConfigErrors& errors) {
    return Fault{kCode, fmt::format("{}", fmt::join(errors.lines(), " | "))};
  }
}

Fault fault_of(const queue::Job& job, inbox::Taken taken) {
  const char* why = "was there and is gone";
  if (taken == inbox::Taken::refused) why = "is no regular file; it lies in the inbox still";
  if (taken == inbox::Taken::unreadable || taken == inbox::Taken::forbidden)
    why = "may not be read; it lies in the inbox still";
  return {kCode, fmt::format("{}: {}", printable(beside(job.name)), why)};
}

void put(outbox::Shelf& shelf, const Place& place, const queue::Job& job, const std::string& document) {
  const std::string name = beside(document);
  const outbox::Folder spool = spool_of(place);
  const bool to_be_put = spool.has(inbox::Spool::sidecar_id(job.id));
  if ((to_be_put || job.sidecar.empty()) && shelf.has(name)) shelf.set_aside(name, "stale-sidecar-" + job.id);
  if (to_be_put) move_to(shelf, spool, job, name, "sidecar-" + job.id);
}

void give_back(outbox::Shelf& inbox, const Place& place, const queue::Job& job, const std::string& document) {
  const outbox::Folder spool = spool_of(place);
  if (spool.has(inbox::Spool::sidecar_id(job.id)))
    move_to(inbox, spool, job, beside(document), "returned-sidecar-" + job.id);
}

std::string bring_back(const Place& place, const queue::Job& job) {
  const outbox::Folder spool = spool_of(place);
  const std::string base = inbox::Spool::sidecar_id(job.id);
  const std::string& document = job.original_name.empty() ? job.name : job.original_name;
  outbox::Shelf failed = place.failed;
  if (!spool.has(base) && !failed.give_back(beside(document), spool, base)) return {};
  return inbox::look_surely(spool.descriptor(), base, {}).identity.text();
}

// What a rename or a copy leaves as it was; times in seconds, because an archive may be coarse.
void remove_archived(const outbox::Shelf& shelf, const queue::Job& job, const std::string& document) {
  const auto known = inbox::Identity::from(job.sidecar);
  if (!known) return;
  constexpr std::int64_t kSecond = 1'000'000'000;
  const std::string name = beside(document);
  const auto file = shelf.open_file(name);
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) return;
  const auto seen = inbox::Identity::of(status);
  if (seen.size_bytes != known->size_bytes || seen.mtime_ns / kSecond != known->mtime_ns / kSecond) return;
  shelf.remove(name, sha256_of(file.get(), shelf.root() / name).sha256);
}

void drop(const Place& place, const queue::Job& job) {
  spool_of(place).remove(inbox::Spool::sidecar_id(job.id));
}

}  // namespace chunkrd::pipeline::sidecar
