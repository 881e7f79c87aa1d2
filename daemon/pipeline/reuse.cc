#include "pipeline/reuse.h"

#include <algorithm>

#include "artifacts/files.h"
#include "pipeline/link.h"
#include "pipeline/place.h"

namespace chunkrd::pipeline {
namespace {

using config::Artifact;

// So many results of the same bytes and settings are looked for, the latest first, before it is paid again.
constexpr std::size_t kEarlierAtMost = 256;

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

// Its result may lie on a mount that is gone: then another one's may do.
std::optional<Place> source_of(const Place& configured, const queue::Job& earlier) {
  try {
    return results_of(configured, earlier);
  } catch (const FolderGone&) {
    return std::nullopt;
  }
}

awaitable<bool> is_lent(const queue::Job& earlier, const queue::Job& job, const config::Profile& profile,
                        const Rules& rules, Context& context) {
  const auto source = rules.places.find(earlier.inbox);
  if (source == rules.places.end()) co_return false;
  const auto from = source->second, to = rules.place_of(job);
  FileSystems touched = from->touched_in(queue::State::collecting, earlier);
  touched.merge(to->touched_in(queue::State::collecting, job));
  co_return co_await context.files.run(std::move(touched), job.id, [from, to, job, profile, earlier] {
    auto outbox = results_of(*to, job).open_outbox();
    const auto home = source_of(*from, earlier);
    return home && copy_result(home->outbox, earlier.id, outbox, job.id, profile);
  });
}

}  // namespace

// Also once something may have been paid for this document, its task was looked for, and it is to be
// submitted again: that would be paid, too. What lies behind a link's address may have changed.
bool may_reuse(const queue::Job& job, const config::Profile& profile) {
  return profile.reuse && !is_link(job.name) && job.wanted_settings.empty() && job.revision == 0;
}

awaitable<std::optional<queue::Job>> find_reusable(const queue::Job& job, Context& context) {
  const auto rules = context.rules;
  const config::Profile profile = rules->profile_of(job);
  if (!may_reuse(job, profile)) co_return std::nullopt;
  for (queue::Job& earlier :
       co_await context.queue.delivered_like(job.sha256, job.settings_hash, kEarlierAtMost))
    if (co_await is_lent(earlier, job, profile, *rules, context)) co_return std::move(earlier);
  co_return std::nullopt;
}

awaitable<std::optional<Unchanged>> find_unchanged(const queue::Job& job, Context& context) {
  const auto place = context.rules->place_of(job);
  if (place->rules.originals != config::Originals::keep) co_return std::nullopt;
  if (!job.tag.empty() || !job.wanted_settings.empty() || job.revision > 0) co_return std::nullopt;
  const auto earlier = co_await context.queue.delivered_as(job.inbox, job.name, job.id);
  if (!earlier || earlier->sha256 != job.sha256 || earlier->settings_hash != job.settings_hash)
    co_return std::nullopt;
  const auto handed =
      co_await context.files.run(place->touched_in(queue::State::collecting, *earlier), job.id,
                                 [place, earlier = *earlier, to = job.id] {
                                   return results_of(*place, earlier).outbox.hand_over(earlier.id, to);
                                 });
  co_return Unchanged{*earlier, handed.value_or(earlier->delivered_name)};
}

awaitable<std::string> superseded_by(const queue::Job& job, Context& context) {
  if (context.rules->place_of(job)->rules.originals != config::Originals::keep) co_return std::string();
  const auto earlier = co_await context.queue.delivered_as(job.inbox, job.name, job.id);
  // One that was found later is a later version of it.
  co_return earlier && earlier->id < job.id ? earlier->id : std::string();
}

}  // namespace chunkrd::pipeline
