// Documents in the spool that no row knows: they become jobs again.
#include <fcntl.h>
#include <fmt/format.h>

#include <map>
#include <system_error>

#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"
#include "inbox/label.h"
#include "inbox/names.h"
#include "inbox/tree.h"
#include "pipeline/content_type.h"
#include "pipeline/examine.h"
#include "pipeline/rebuild/recovery.h"
#include "pipeline/sidecar.h"
#include "taskapi/link.h"

namespace chunkrd::pipeline::rebuild {
namespace {

namespace fs = std::filesystem;
using queue::Job;
using queue::State;

// "report.pdf" of "report-<tag>.pdf".
std::string without_tag(const std::string& file_name) {
  const auto dash = file_name.rfind('-'), dot = file_name.rfind('.');
  const std::string ending = dot == std::string::npos || dot < dash ? "" : file_name.substr(dot);
  return (dash == 0 ? "document" : file_name.substr(0, dash)) + ending;
}

// For a document whose name is lost: as its task is called, or after its job and content.
std::string name_for(const std::string& job_id, const fs::path& file,
                     const std::vector<taskapi::Task>& tasks) {
  if (!tasks.empty()) return without_tag(tasks.front().file_name);
  if (taskapi::read_link(file)) return "recovered-" + job_id + ".url";
  return "recovered-" + job_id + ending_of_content(file);
}

std::optional<inbox::Label> usable_label_of(const fs::path& file) {
  auto label = inbox::label_of(file);
  return label && inbox::is_below(label->name) && !label->inbox.empty() ? label : std::nullopt;
}

}  // namespace

fs::path Recovery::in_spool(const std::string& job_id) const {
  std::error_code error;
  for (const auto& [path, place] : rules_->places)
    for (const fs::path& folder : inbox::Spool::folders_for(place->rules.path, state_))
      if (fs::exists(fs::symlink_status(folder / job_id, error))) return folder / job_id;
  return {};
}

void Recovery::take_spooled() {
  std::map<fs::path, std::vector<std::shared_ptr<Place>>> places_of_spools;
  places_of_spools[state_ / "spool"];
  for (const fs::path& spool : remembered_.precious) places_of_spools[spool];
  // Wherever its spool is for us now: the daemon's sandbox, or another filesystem then, may have made it
  // another one.
  for (const auto& [path, place] : rules_->places)
    for (fs::path& spool : inbox::Spool::folders_for(place->rules.path, state_))
      places_of_spools[std::move(spool)].push_back(place);
  for (const auto& [spool, places] : places_of_spools) {
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(spool, missing)) {
      const std::string name = entry.path().filename();
      if (name.starts_with('.') || name.ends_with(inbox::kSidecarEnding)) continue;
      if (!time_of_job_id(name) || !entry.is_regular_file() || entry.is_symlink())
        leave(entry.path(), "is no document of ours; take it away");
      else
        or_leave(entry.path(), [&, &at = places] {
          if (const auto known = store_.find(name))
            look_after_spooled(*known);
          else
            take_spooled(entry.path(), at);
        });
    }
  }
}

// `places`: the inboxes whose documents may lie in the same folder.
void Recovery::take_spooled(const fs::path& file, const std::vector<std::shared_ptr<Place>>& places) {
  const std::string id = file.filename();
  const auto label = usable_label_of(file);
  const Place* place = places.size() == 1 ? places.front().get() : nullptr;
  for (const auto& one : places)
    if (label && one->rules.path == label->inbox) place = one.get();
  if (place == nullptr || (label && place->rules.path != label->inbox))
    return leave(
        file,
        label ? fmt::format(
                    "its inbox {} is not configured for this spool; configure it and rebuild with --force",
                    printable(label->inbox))
              : "nothing says from which inbox it is; move it into that inbox under a name of its own");
  Job job = begin(id, *place, label ? label->name : name_for(id, file, listed_.of(id)));
  if (label && !label->identity.empty()) job.source_identity = label->identity;
  job.spool = file.parent_path().native();
  take_spooled(std::move(job), *place);
}

Recovery::Resumed Recovery::resume(Job job, const Place& configured) {
  const Place place = home_of(configured, job);
  if (sidecar::lies_in_spool(place, job))
    job.sidecar = inbox::look(AT_FDCWD, place.spool.sidecar_of(job.id).native(), {}).identity.text();
  const lifecycle::Intake intake{rules_->limits.document_bytes, place.takes(job.name)};
  const auto decision =
      lifecycle::after_claim(job, examine(*rules_, place, job), intake, lifecycle::Moment{.now = now_.date});
  auto tasks = listed_.of(job.id);
  std::erase_if(tasks, [&](const taskapi::Task& task) { return lifecycle::came_to_nothing(job, task); });
  std::string told = "its original lies in the spool; ";
  job = decision.transition.after;
  // What is refused before it is paid for has no task.
  if (job.state == State::burying && tasks.empty()) {
    told += job.error_message;
    return {std::move(job), std::move(told)};
  }
  job.error_stage.clear();
  job.error_code.clear();
  job.error_message.clear();
  job = lifecycle::resumed(std::move(job), tasks, listed_.read_at, now_.date);
  told += job.state == State::submitted ? "task " + job.task_id + " is its own"
                                        : "its task is looked for before it is submitted";
  return {std::move(job), std::move(told)};
}

void Recovery::take_spooled(Job job, const Place& place) {
  const Resumed resumed = resume(std::move(job), place);
  if (!insert(resumed.job, resumed.told)) return;
  found_.spooled += 1;
  count_resumed(resumed.job);
}

// Of a damaged queue, or one from a backup, the last changes may be missing: the file knows better.
void Recovery::look_after_spooled(const Job& known) {
  const auto place = rules_->places.find(known.inbox);
  if (place == rules_->places.end() || !lifecycle::is_older_than_its_spool(known)) return;
  Job job = lifecycle::found_in_spool(known, now_.date);
  job.spool = in_spool(known.id).parent_path().native();
  if (job.state == State::delivered) {
    update(known, std::move(job), "its original lies in the spool");
    return;
  }
  const Resumed resumed = resume(std::move(job), *place->second);
  if (update(known, resumed.job, resumed.told)) count_resumed(resumed.job);
}

}  // namespace chunkrd::pipeline::rebuild
