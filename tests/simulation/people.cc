#include "tests/simulation/people.h"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <memory>

#include "tests/simulation/documents.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string without_newline(std::string text) {
  if (text.ends_with('\n')) text.pop_back();
  return text;
}

}  // namespace

void People::plan() {
  for (int i = 0; i < stage_.plan.documents; ++i) {
    stage_.at_some_time(2h, [this, i] { drop(i, 0); });
    if (!is_used_again(i)) continue;
    for (int version = 1; version <= stage_.plan.borders.names_again; ++version)
      stage_.at_some_time(5h, [this, i, version] { drop(i, version); });
  }
  if (stage_.plan.borders.names_again > 0)
    for (int i = 0; i < 40; ++i) stage_.at_some_time(5h, [this] { take_something(); });
}

void People::drop(int document, int version) {
  const std::string name = name_of(document), bytes = bytes_of(document, version);
  const fs::path file = stage_.inbox_folder() / name;
  // Nobody writes over a document that waits there.
  if (fs::exists(file)) {
    stage_.at(stage_.time.now() + 1min, [this, document, version] { drop(document, version); });
    return;
  }
  const Borders& borders = stage_.plan.borders;
  if (borders.late_sidecars && has_late_sidecar(document))
    stage_.at(stage_.time.now() + stage_.some(20s), [this, document] { put_sidecar(document); });
  else if (has_sidecar(document))
    put_sidecar(document);
  std::ofstream(file) << bytes;
  traffic_.dropped[key_of(name, bytes)] += 1;
  if (borders.late_writers && has_late_writer(document)) {
    // Its writer has it open, wherever it is moved.
    const auto writer = std::make_shared<std::ofstream>(file, std::ios::app);
    stage_.at(stage_.time.now() + stage_.some(3min),
              [document, writer] { *writer << addition_to(document) << std::flush; });
  }
  stage_.notice_the_inbox();
}

void People::put_sidecar(int document) {
  std::ofstream(stage_.inbox_folder() / (name_of(document) + ".chunkr.yaml"))
      << fmt::format("parse: {{expires_in: {}}}\n", 1000 + document);
  stage_.notice_the_inbox();
}

// So that its name is free for another document.
void People::take_something() {
  const auto hundreds = static_cast<std::uint64_t>(stage_.plan.documents / 10);
  const std::string name = name_of(static_cast<int>(1 + 10 * stage_.random.below(hundreds)));
  switch (stage_.random.below(3)) {
    case 0:
      return take_result(name);
    case 1:
      return take_failure(name);
    default:
      return take_original(name);
  }
}

void People::take_result(const std::string& name) {
  const fs::path outbox = stage_.inbox().outbox;
  if (!fs::exists(outbox / (name + ".json"))) return;
  traffic_.taken[key_of(name, without_newline(content_of(outbox / (name + ".md"))))].results += 1;
  const fs::path into = stage_.root() / fmt::format("taken-{}", ++taken_);
  fs::create_directory(into);
  for (const char* ending : {".json", ".md", ".html", ".txt", ".chunks.ndjson", ".pdf", ".images"})
    if (fs::exists(outbox / (name + ending))) fs::rename(outbox / (name + ending), into / (name + ending));
}

void People::take_failure(const std::string& name) {
  const fs::path failed = stage_.inbox().failed;
  if (!fs::exists(failed / (name + ".error.json")) || !fs::exists(failed / name)) return;
  traffic_.taken[key_of(name, content_of(failed / name))].failures += 1;
  fs::remove(failed / name);
  fs::remove(failed / (name + ".error.json"));
}

void People::take_original(const std::string& name) {
  const fs::path original = *stage_.inbox().archive / name;
  if (!fs::exists(original)) return;
  traffic_.taken[key_of(name, content_of(original))].originals += 1;
  fs::remove(original);
  std::erase_if(ends_, [&](const auto& each) {
    return fs::path(each.second.job.shelf) / each.second.job.original_name == original;
  });
}

void People::saw_end(const queue::Job& job) {
  traffic_.failed[job.name] += job.state != queue::State::done;
  ends_.insert_or_assign(job.id, End{job, stage_.time.now(), stage_.clock.lived()});
  // Somebody may have taken it while the document was on its way once more.
  End& end = ends_.at(job.id);
  if (!fs::exists(fs::path(job.shelf) / job.original_name)) end.job.original_name.clear();
}

void People::saw_gone(pipeline::Pruned what) {
  if (what == pipeline::Pruned::documents) look_at_rows();
  if (what == pipeline::Pruned::originals) look_at_originals();
}

// Only where age alone counts: the number that is kept may need them to go at any time.
void People::look_at_rows() {
  const config::Retention& keep = stage_.settings.retention;
  if (keep.finished_keep > 0) return;
  std::erase_if(ends_, [&](const auto& ended) {
    if (stage_.daemon->store.find(ended.first)) return false;
    const Duration age = stage_.time.now() - ended.second.at;
    if (age < *keep.finished_after)
      stage_.problem(fmt::format("job {} was forgotten {} s after its end", ended.first, age / 1s));
    return true;
  });
}

// What a younger document has in the archive stays there.
void People::look_at_originals() {
  for (const auto& [id, end] : ends_) {
    const queue::Job& job = end.job;
    if (job.state != queue::State::done || job.original_name.empty() || job.original_pruned) continue;
    if (stage_.clock.lived() - end.lived >= *stage_.settings.retention.archive_after) continue;
    const fs::path original = fs::path(job.shelf) / job.original_name;
    if (!fs::exists(original))
      stage_.problem(fmt::format("{} ({}): its original was deleted before its time", job.name, id));
  }
}

}  // namespace chunkrd::simulation
