#include "pipeline/traces.h"

#include <optional>
#include <string_view>
#include <system_error>
#include <variant>
#include <vector>

#include "artifacts/artifacts.h"
#include "core/escape.h"
#include "core/ids.h"
#include "core/sha256.h"
#include "inbox/tree.h"
#include "outbox/manifests.h"
#include "outbox/relative_name.h"
#include "pipeline/link.h"
#include "pipeline/original.h"
#include "pipeline/report.h"

namespace chunkrd::pipeline {
namespace {

namespace fs = std::filesystem;
using queue::Job;

// Its own, that with the digest, that with the job's id. Documents of one name, content and job are no more.
constexpr unsigned kNamesLookedAt = 3;
constexpr Duration kClocksApart = std::chrono::minutes(10);
// The longest ending of an artifact.
constexpr std::size_t kLongestEnding = std::string_view(".chunks.ndjson").size();

std::vector<std::string> names_for(const std::string& name, const Job& job, std::size_t ending) {
  const outbox::RelativeName wanted(name);
  std::vector<std::string> names;
  for (unsigned n = 0; n < kNamesLookedAt; ++n) {
    std::string one;
    for (const std::string& folder : wanted.folders()) one += folder + '/';
    names.push_back(one +
                    outbox::candidate(n, wanted.base(), {.sha256 = job.sha256, .job_id = job.id}, ending));
  }
  return names;
}

// A link's task has no tag: any without one is taken for its own that was made since it was found, on a clock
// that may differ from ours.
bool is_task_of(const Job& job, const taskapi::Task& task) {
  if (task.task_id.empty()) return false;
  if (task.task_id == job.task_id || job.earlier_tasks.contains(task.task_id)) return true;
  const std::string mark = job_mark_in(task.file_name);
  if (!mark.empty()) return mark == job_mark(job.id);
  return is_link(job.name) && task.created_at >= job.found_at - kClocksApart;
}

bool is_result_of(const Job& job, const fs::path& file) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(file, error))) return false;
  const auto read = artifacts::inspect(file);
  const auto* whole = std::get_if<artifacts::Summary>(&read);
  return whole != nullptr && is_task_of(job, whole->task);
}

std::optional<lifecycle::Stored> in_archive(const outbox::Shelf& archive, const Job& job) {
  if (job.sha256.empty()) return std::nullopt;
  for (const std::string& name : names_for(job.name, job, 0)) {
    const auto file = archive.open_file(name);
    if (file && sha256_of(file.get(), archive.path_of(name)).sha256 == job.sha256)
      return lifecycle::Stored{name, "its original lies in the archive as " + printable(name),
                               archive.root().native()};
  }
  return std::nullopt;
}

void look_into_failed(const outbox::Shelf& failed, const Job& job, lifecycle::Traces& traces) {
  for (const std::string& name : names_for(job.name, job, 0)) {
    auto reported = original::report_of(failed, name);
    if (!reported || reported->id != job.id) continue;
    traces.reported = std::move(reported);
    if (failed.has(name)) traces.original = lifecycle::Stored{name, {}, failed.root().native()};
    return;
  }
}

bool lies_in_inbox(const Place& place, const Job& job) {
  const auto tree = inbox::Tree::open(place.rules.path);
  const auto identity = inbox::Identity::from(job.source_identity);
  return tree && identity && inbox::presence_of(*tree, job.name, *identity) == inbox::Presence::there;
}

}  // namespace

std::optional<lifecycle::Published> result_in(const fs::path& outbox, const Place& place, const Job& job) {
  const outbox::Places places{outbox};
  try {
    if (const auto manifest = outbox::read_manifest(places.manifests() / (job.id + ".json")))
      return lifecycle::Published{manifest->name(), outbox.native()};
  } catch (const outbox::NotAManifest&) {
    // As none.
  }
  const bool has_folder = place.rules.layout == config::Layout::folder;
  for (const std::string& name : names_for(place.title_of(job.name), job, kLongestEnding)) {
    const std::string base = outbox::RelativeName(name).base();
    const fs::path file = outbox / (has_folder ? name + "/" + base + ".json" : name + ".json");
    if (is_result_of(job, file)) return lifecycle::Published{name, outbox.native()};
  }
  return std::nullopt;
}

lifecycle::Traces traces_of(const Place& configured, const Job& job) {
  const Place home = home_of(configured, job);
  (void)home.open_outbox();
  lifecycle::Traces traces;
  traces.result = result_in(home.rules.outbox, home, job);
  look_into_failed(home.failed, job, traces);
  if (!traces.original && home.archive) traces.original = in_archive(*home.archive, job);
  traces.in_inbox = lies_in_inbox(home, job);
  return traces;
}

void put_report_alone(const Place& configured, const Job& job, const std::string& report) {
  original::report_alone(home_of(configured, job).failed, job, report);
}

}  // namespace chunkrd::pipeline
