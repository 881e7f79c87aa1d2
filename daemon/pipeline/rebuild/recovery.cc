#include "pipeline/rebuild/recovery.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"
#include "inbox/names.h"
#include "inbox/tree.h"

namespace chunkrd::pipeline::rebuild {

using queue::Job;

namespace {

// No file has inode 0, and no two documents of a name were found in the same moment.
std::string identity_of_none(const Job& job) {
  return inbox::Identity{.mtime_ns = job.found_at.time_since_epoch().count()}.text();
}

}  // namespace

Recovery::Recovery(queue::SqliteStore& store, std::shared_ptr<const Rules> rules,
                   const std::filesystem::path& state, const Listed& listed, const Mark& now)
    : store_(store),
      rules_(std::move(rules)),
      state_(state),
      listed_(listed),
      now_(now),
      remembered_(remembered_in(state)) {}

Found Recovery::take() {
  take_deliveries();
  take_spooled();
  take_failures();
  look_for_results();
  look_after_rows();
  look_at_all_jobs();
  count_today();
  return std::move(found_);
}

Job Recovery::begin(const std::string& id, const Place& place, const std::string& name) const {
  Job job;
  job.id = id;
  job.inbox = place.rules.path.native();
  job.name = name;
  job.found_at = time_of_job_id(id).value();
  job.source_identity = identity_of_none(job);
  job.due = now_.date;
  job.profile = place.profile_of(name);
  const config::Profile& profile = rules_->profile_of(job);
  job.settings = profile.parse;
  job.settings_hash = sha256_hex(profile.parse);
  job.priority = profile.priority;
  return job;
}

void Recovery::know_kept_original(Job& job, const Place& place) const {
  if (place.rules.originals != config::Originals::keep || !inbox::is_below(job.name)) return;
  const auto file = place.rules.path / job.name;
  try {
    const auto identity = inbox::look_surely(AT_FDCWD, file.native(), {}).identity;
    if (!job.sha256.empty() && sha256_file(file).sha256 == job.sha256) job.source_identity = identity.text();
  } catch (const std::system_error&) {
    // Gone, or not to be read: another one of that name is another document.
  }
}

bool Recovery::insert(Job job, const std::string& told) {
  queue::Insertion row{std::move(job), {"rebuilt", told}};
  if (store_.apply(std::span<const queue::Change>(std::vector<queue::Change>{row}), now_).front())
    return true;
  // Another row has the same file's identity; this document is there all the same.
  row.job.source_identity = identity_of_none(row.job);
  return store_.apply(std::span<const queue::Change>(std::vector<queue::Change>{row}), now_).front();
}

bool Recovery::update(const Job& known, Job after, const std::string& told) {
  const std::vector<queue::Change> one{queue::Transition{known.state, std::move(after), {"rebuilt", told}}};
  return store_.apply(one, now_).front();
}

// What a file's time says by the machine's clock, on the line by which ends are kept; never later than now:
// it may come from another clock.
WallTime Recovery::ended_at(WallTime shown) const {
  return std::min(shown - (now_.wall - now_.lived), now_.lived);
}

void Recovery::count_resumed(const Job& job) {
  found_.adopted += job.state == queue::State::submitted;
  found_.looked_for += job.state == queue::State::submitting;
}

void Recovery::leave(const std::filesystem::path& file, const std::string& why) {
  found_.left.push_back(fmt::format("{}: {}", printable(file.native()), why));
}

}  // namespace chunkrd::pipeline::rebuild
