// What the outboxes say: each delivery that has begun or ended there is a job.
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <system_error>

#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"
#include "inbox/label.h"
#include "inbox/names.h"
#include "inbox/tree.h"
#include "outbox/delivery.h"
#include "pipeline/rebuild/recovery.h"
#include "pipeline/rebuild/rows.h"

namespace chunkrd::pipeline::rebuild {
namespace {

namespace fs = std::filesystem;
using lifecycle::Reached;
using queue::Job;

bool is_there(const fs::path& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

WallTime written_at(const fs::path& file) {
  std::error_code error;
  const auto time = fs::last_write_time(file, error);
  if (error) return WallTime();
  return std::chrono::time_point_cast<Duration>(std::chrono::file_clock::to_sys(time));
}

// 0 where that is not known: none of what was delivered is empty.
std::uint64_t size_of(const fs::path& file) {
  std::error_code error;
  const auto size = fs::file_size(file, error);
  return error ? 0 : size;
}

// Where an original lies once it is put away, if that name was free.
fs::path usual_place_of(const Place& place, const std::string& name) {
  return place.rules.archive.value_or(place.rules.path) / name;
}

// Under which name it was put there, where that was not its own.
std::optional<std::string> noted_in(const outbox::Shelf& archive, const std::string& job_id) {
  try {
    return archive.noted(job_id);
  } catch (const std::runtime_error&) {
    return std::nullopt;
  }
}

// The manifest has the digest alone. Settings of no profile are those of a sidecar, or of a profile before it
// was changed: with none, an update changes nothing but what it is asked to.
std::string settings_of(const std::string& hash, const Rules& rules) {
  for (const auto& [name, profile] : rules.profiles)
    if (sha256_hex(profile.parse) == hash) return profile.parse;
  return "{}";
}

// Those that are configured, those that the state folder remembers, and those that rows which came back know
// of: the configuration may have changed.
std::set<fs::path> outboxes_of(const Rules& rules, const Remembered& remembered, queue::SqliteStore& store) {
  std::set<fs::path> outboxes(remembered.open.begin(), remembered.open.end());
  for (const auto& [path, place] : rules.places) outboxes.insert(place->rules.outbox);
  for_each_row(store, {}, [&](const Job& job) {
    if (!job.outbox.empty()) outboxes.insert(job.outbox);
  });
  return outboxes;
}

}  // namespace

void Recovery::take_deliveries() {
  for (const auto& document : store_.forgotten(SIZE_MAX)) forgotten_.insert(document.id);
  for (const fs::path& root : outboxes_of(*rules_, remembered_, store_)) {
    const outbox::Places places{root};
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(places.manifests(), missing))
      if (entry.path().extension() == ".json") take_delivery(root, entry.path(), Reached::put_away);
    for (const auto& entry : fs::directory_iterator(places.deliveries(), missing))
      if (is_there(entry.path() / outbox::kIntent))
        take_delivery(root, entry.path() / outbox::kIntent, Reached::begun);
  }
}

void Recovery::take_delivery(const fs::path& outbox, const fs::path& file, Reached reached) {
  or_leave(file, [&] {
    const auto manifest = outbox::read_manifest(file);
    if (!manifest || forgotten_.contains(manifest->origin.job_id)) return;
    if (!time_of_job_id(manifest->origin.job_id)) return leave(file, "its job id is none of ours");
    if (reached == Reached::put_away && is_there(in_spool(manifest->origin.job_id))) reached = Reached::shown;
    const auto known = store_.find(manifest->origin.job_id);
    const auto place = known ? rules_->places.find(known->inbox) : rules_->places.end();
    take_delivery(outbox, place != rules_->places.end() ? *place->second : place_of(outbox, manifest->origin),
                  *manifest, reached, written_at(file));
  });
}

void Recovery::take_delivery(const fs::path& outbox, const Place& place, const outbox::Manifest& manifest,
                             Reached reached, WallTime at) {
  const outbox::Origin& origin = manifest.origin;
  using Days = std::chrono::days;
  delivered_today_ +=
      !origin.task_id.empty() && std::chrono::floor<Days>(at) == std::chrono::floor<Days>(now_.wall);
  const auto known = store_.find(origin.job_id);
  if (known && (reached == Reached::begun || !lifecycle::is_older_than_its_result(*known, origin.revision)))
    return;
  Job job = known ? *known : begin(origin.job_id, place, origin.name);
  job.sha256 = origin.input_sha256;
  if (!known) know_kept_original(job, place);
  if (sha256_hex(lifecycle::with_wanted(job).settings) == origin.settings_hash)
    job = lifecycle::with_wanted(std::move(job));
  else if (sha256_hex(job.settings) != origin.settings_hash)
    job.settings = settings_of(origin.settings_hash, *rules_);
  job.settings_hash = origin.settings_hash;
  job.task_id = origin.task_id;
  job.revision = origin.revision;
  if (reached != Reached::begun) job.delivered_name = manifest.name();
  job.outbox = outbox.native();
  job = lifecycle::delivered_before(std::move(job), reached, ended_at(at));
  find_original(job, place, reached);
  // Its profile may want its task deleted; whether that has been done only the list can tell.
  const auto& tasks = listed_.of(job.id);
  const bool listed = std::ranges::find(tasks, job.task_id, &taskapi::Task::task_id) != tasks.end();
  if (listed && job.state == queue::State::done && rules_->has_profile_of(job))
    job.state = lifecycle::over(job, rules_->policy_of(job));
  const std::string told = "its result lies in the outbox as " + printable(manifest.name());
  if (known) {
    found_.delivered += update(*known, std::move(job), told);
  } else {
    found_.delivered += insert(std::move(job), told);
  }
}

// Where the original lies: in the spool still, or where it was put away.
void Recovery::find_original(Job& job, const Place& place, Reached reached) const {
  const fs::path spooled = in_spool(job.id);
  if (!spooled.empty()) job.spool = spooled.parent_path().native();
  // With another size the original would count as changed, and go back into the inbox.
  if (job.size_bytes == 0)
    job.size_bytes = size_of(spooled.empty() ? usual_place_of(place, job.name) : spooled);
  if (!job.original_name.empty() || !place.archive || reached != Reached::put_away) return;
  const bool may_be_here =
      is_there(place.archive->path_of(job.name)) || noted_in(*place.archive, job.id).has_value();
  if (!may_be_here && find_in_archive_before(job)) return;
  // What is not there any more was taken away, or deleted by retention.
  job.original_name = noted_in(*place.archive, job.id).value_or(job.name);
  job.shelf = place.archive->root().native();
  job.original_pruned = !is_there(place.archive->path_of(job.original_name));
  const fs::path sidecar =
      place.archive->path_of(job.original_name).native() + std::string(inbox::kSidecarEnding);
  if (!job.original_pruned && job.sidecar.empty() && is_there(sidecar))
    job.sidecar = inbox::look(AT_FDCWD, sidecar.native(), {}).identity.text();
}

// An archive of an earlier configuration has a note of this job, or the very bytes under its name.
bool Recovery::find_in_archive_before(Job& job) const {
  for (const fs::path& folder : remembered_.open) {
    const outbox::Shelf archive(std::make_shared<const Ground>(folder, state_, Ground::Kind::open));
    const std::string name = noted_in(archive, job.id).value_or(job.name);
    const auto file = archive.open_file(name);
    if (!file || sha256_of(file.get(), archive.path_of(name)).sha256 != job.sha256) continue;
    job.original_name = name;
    job.shelf = folder.native();
    return true;
  }
  return false;
}

// Where the list tells what was paid for today it is better; without it at least what was delivered counts.
void Recovery::count_today() {
  if (!listed_.read_at && delivered_today_ > 0)
    store_.raise_spent(now_.wall, {.documents = delivered_today_, .pages = 0});
}

// Several inboxes may have one outbox, and one that is not configured any more may be any inbox's: the
// document's label knows, or its original.
const Place& Recovery::place_of(const fs::path& outbox, const outbox::Origin& origin) const {
  const auto label = inbox::label_of(in_spool(origin.job_id));
  const auto is_of = [&](const auto& named) { return named.second->rules.outbox == outbox; };
  const bool is_configured = std::ranges::any_of(rules_->places, is_of);
  const Place* likely = nullptr;
  for (const auto& named : rules_->places) {
    if (is_configured && !is_of(named)) continue;
    const auto& [path, place] = named;
    if (label && label->inbox == path) return *place;
    const bool has_original = is_there(usual_place_of(*place, origin.name));
    if (likely == nullptr || has_original) likely = place.get();
  }
  return *likely;
}

}  // namespace chunkrd::pipeline::rebuild
