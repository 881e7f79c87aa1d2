#include "pipeline/reuse.h"

#include <algorithm>

#include "artifacts/files.h"
#include "pipeline/link.h"
#include "pipeline/place.h"

namespace chunkrd::pipeline {
namespace {

using config::Artifact;

bool has(const config::Profile& profile, Artifact artifact) {
  return std::ranges::find(profile.artifacts, artifact) != profile.artifacts.end();
}

// What cannot be made from the JSON alone has to be there too: the addresses in it are long void.
bool copy_result(const outbox::Outbox& from, const std::string& earlier, outbox::Outbox& to,
                 const std::string& job_id, const config::Profile& profile) {
  const auto folder = to.prepare(job_id);
  const auto lent = [&](const char* suffix, const char* name) {
    return from.lend(earlier, suffix, folder / name);
  };
  const bool report = !has(profile, Artifact::report) || lent(".report.html", artifacts::kReportName);
  const bool pdf = !has(profile, Artifact::pdf) || lent(".pdf", artifacts::kPdfName);
  const bool images = !has(profile, Artifact::images) || lent(".images", artifacts::kPicturesName);
  return report && pdf && images && lent(".json", artifacts::kResultName);
}

}  // namespace

// Once something may have been paid for this document, its own task is followed. What lies behind a link's
// address may have changed.
bool may_reuse(const queue::Job& job, const config::Profile& profile) {
  return profile.reuse && !is_link(job.name) && job.tag.empty() && job.wanted_settings.empty() &&
         job.revision == 0;
}

awaitable<std::optional<queue::Job>> find_reusable(const queue::Job& job, Context& context) {
  const auto rules = context.rules;
  const config::Profile profile = rules->profile_of(job);
  if (!may_reuse(job, profile)) co_return std::nullopt;
  const auto earlier = co_await context.queue.delivered_like(job.sha256, job.settings_hash);
  if (!earlier) co_return std::nullopt;
  const auto source = rules->places.find(earlier->inbox);
  if (source == rules->places.end()) co_return std::nullopt;
  const auto from = source->second, to = rules->place_of(job);
  FileSystems touched = from->touched_in(queue::State::collecting);
  const FileSystems& touched_there = to->touched_in(queue::State::collecting);
  touched.insert(touched_there.begin(), touched_there.end());
  const bool there = co_await context.files.run(
      std::move(touched), job.id, [from, to, job, profile, earlier = *earlier] {
        auto outbox = home_of(*to, job).open_outbox();
        return copy_result(home_of(*from, earlier).outbox, earlier.id, outbox, job.id, profile);
      });
  co_return there ? earlier : std::nullopt;
}

}  // namespace chunkrd::pipeline
