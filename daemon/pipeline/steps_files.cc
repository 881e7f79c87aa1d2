// The steps that move files: claim, deliver, archive, bury.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "pipeline/examine.h"
#include "pipeline/parts.h"
#include "pipeline/report.h"
#include "pipeline/reuse.h"
#include "pipeline/sidecar.h"
#include "pipeline/steps.h"

namespace chunkrd::pipeline::steps {
namespace {

using queue::Job;
using queue::State;

lifecycle::Claim not_taken(Place& place, const Job& job, inbox::Taken taken) {
  // Nowhere to give it back to.
  if (sidecar::lies_in_spool(place, job)) sidecar::put(place.failed, place, job, job.name);
  using inbox::Taken;
  switch (taken) {
    case Taken::vanished:
      return lifecycle::Gone{"the file was gone before it could be taken"};
    case Taken::changed:
      return lifecycle::Gone{"the file or its sidecar changed before it was taken; it settles again"};
    case Taken::refused:
      return lifecycle::Gone{"not a regular file any more"};
    case Taken::unreadable:
      return lifecycle::NotAllowed{"may not be read by us; it stays in the inbox, and is tried again"};
    case Taken::forbidden:
      return lifecycle::NotAllowed{
          "may not be moved by us: its folder is sticky and the file another user's, or we may not write to "
          "the "
          "folder; it stays in the inbox, and is tried again"};
    case Taken::taken:
      break;
  }
  throw std::logic_error("a document that was taken");
}

lifecycle::Claim take_and_hash(const Rules& rules, Place& place, const Job& job) {
  const inbox::Arrival document{job.name, inbox::Identity::from(job.source_identity).value(),
                                inbox::Identity::from(job.sidecar)};
  // A copy of what is refused anyway could fill the disk.
  if (place.rules.originals == config::Originals::keep &&
      document.identity.size_bytes > rules.limits.document_bytes)
    return lifecycle::Spooled{{}, document.identity.size_bytes};
  const auto took = place.spool.take(document, job.id);
  if (took.document != inbox::Taken::taken) return not_taken(place, job, took.document);
  lifecycle::Claim claim = examine(rules, place, job);
  if (auto* original = std::get_if<lifecycle::Spooled>(&claim);
      original != nullptr && took.sidecar && *took.sidecar != inbox::Taken::taken)
    original->fault = sidecar::fault_of(job, *took.sidecar);
  return claim;
}

// Repeatable: when a crash has interrupted it, the outbox knows how far it had come.
lifecycle::Delivery publish(Place& place, const Job& job, const config::Profile& profile) {
  const auto folder = place.outbox.prepare(job.id);
  try {
    const auto parts = make_parts(folder, job, profile);
    const outbox::Origin origin{job.id, job.name, job.task_id, job.sha256, job.settings_hash, job.revision};
    return lifecycle::Published{place.outbox.publish(origin, job.name, parts).name};
  } catch (const std::system_error& error) {
    // Only what was fetched may be missing; an outbox that is not there is another matter.
    std::error_code missing;
    if (error.code() != std::errc::no_such_file_or_directory || !std::filesystem::exists(folder, missing) ||
        !lacks_collected(folder, profile))
      throw;
    return lifecycle::ResultMissing{};
  }
}

// Where the original of a delivered document lies that has not been put away yet: in the spool; or in
// failed/, when only an update at the service has made it a success.
std::filesystem::path original_of(const Place& place, const Job& job) {
  const auto spooled = place.spool.path_of(job.id);
  if (job.error_code.empty() || job.original_name.empty() || std::filesystem::exists(spooled)) return spooled;
  return place.failed.path_of(job.original_name);
}

lifecycle::Stored put_away(Place& place, const Job& job) {
  const auto original = original_of(place, job);
  if (original != place.spool.path_of(job.id)) sidecar::bring_back(place, job);
  if (!job.original_name.empty() && job.error_code.empty()) {
    durable::remove_file(original);  // a copy that was made to be submitted anew
    return {job.original_name, "original stays as " + printable(job.original_name)};
  }
  lifecycle::Stored stored;
  if (place.archive) {
    stored.name = place.archive->put(original, job.name, job.sha256, job.id);
    inbox::take_label_off(place.archive->path_of(stored.name));
    sidecar::put(*place.archive, place, job, stored.name);
    stored.told = "original archived as " + printable(stored.name);
  } else {
    durable::remove_file(original);
    sidecar::drop(place, job);
    stored.told =
        place.rules.originals == config::Originals::keep ? "original stays in the inbox" : "original deleted";
  }
  if (!job.original_name.empty()) place.failed.remove_report(job.original_name);
  return stored;
}

// Takes the original from where it was put away. What was delivered keeps it there too.
bool fetch_original(Place& place, const Job& job, const std::filesystem::path& into) {
  const std::string& name = job.original_name.empty() ? job.name : job.original_name;
  if (job.delivered_name.empty()) return place.failed.give_back(name, into);
  if (std::filesystem::exists(into)) return true;
  if (job.original_pruned) return false;  // another document may have its name by now
  if (place.archive) return place.archive->lend(name, into);
  std::error_code missing;
  return place.rules.originals == config::Originals::keep &&
         std::filesystem::exists(place.rules.path, missing) &&
         outbox::Shelf(place.rules.path).lend(job.name, into);
}

lifecycle::Retrieval take_back(const Rules& rules, Place& place, const Job& job) {
  const auto spooled = place.spool.path_of(job.id);
  if (!fetch_original(place, job, spooled))
    return lifecycle::NoOriginal{
        job.original_pruned
            ? "its original was deleted from the archive (retention in the configuration); drop the "
              "document into the inbox again"
            : "its original is not where it was put; drop it into the inbox again"};
  place.spool.label(job.id, job.name, job.source_identity);
  const FileDigest digest = sha256_file(spooled, rules.limits.document_bytes);
  if (!job.delivered_name.empty() && digest.sha256 != job.sha256) {
    durable::remove_file(spooled);
    return lifecycle::NoOriginal{"its original was changed since; drop it into the inbox again"};
  }
  lifecycle::Retrieved original{digest.sha256, digest.size_bytes};
  if (job.delivered_name.empty()) original.sidecar = sidecar::bring_back(place, job);
  // What a reprocess has asked for is not undone by a sidecar from before.
  const bool by_sidecar = job.delivered_name.empty() && job.wanted_settings.empty() && job.revision == 0;
  if (by_sidecar && !original.sidecar.empty())
    apply_sidecar(original, sidecar::read(rules, place, job));
  else if (by_sidecar && !job.sidecar.empty())
    original.own = sidecar::of_profile(rules, place, job);  // it was taken away, and its settings with it
  if (digest.sha256.empty())
    original.fault = lifecycle::too_large(digest.size_bytes, rules.limits.document_bytes);
  if (!original.fault) original.fault = fault_of(place, job);
  return original;
}

}  // namespace

// Takes the document out of the inbox into the spool and reads its digest.
awaitable<Outcome> claim(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto claimed = co_await context.on_files(
      job, *place, [rules, place, job] { return take_and_hash(*rules, *place, job); });
  const lifecycle::Intake intake{rules->limits.document_bytes, place->takes(job.name)};
  auto decision = lifecycle::after_claim(job, claimed, intake, context.moment());
  const Job known = decision.transition.after;
  if (known.state == State::ready)
    if (const auto earlier = co_await find_reusable(known, context))
      co_return lifecycle::after_reuse(job, known, *earlier, context.moment());
  co_return decision;
}

// Makes the artifacts and publishes all of them, the JSON last.
awaitable<Outcome> deliver(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const Job wanted = lifecycle::with_wanted(job);
  const auto delivery = co_await context.on_files(
      job, *place,
      [place, wanted, profile = rules->profile_of(wanted)] { return publish(*place, wanted, profile); });
  co_return lifecycle::after_deliver(job, delivery, context.moment());
}

// Puts the original away, now that the result is durable and its row says so.
awaitable<Outcome> archive(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto stored = co_await context.on_files(job, *place, [place, job] { return put_away(*place, job); });
  co_return lifecycle::after_archive(job, stored, context.moment(), rules->policy_of(job));
}

// Puts the original and a report into failed/.
awaitable<Outcome> bury(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  Job told = job;
  told.found_at += context.clock.ahead();
  const auto report = failure_report(told, context.clock.now() + context.clock.ahead());
  const auto name = co_await context.on_files(job, *place, [place, job, report] {
    const auto put = place->failed.put(place->spool.path_of(job.id), job.name, job.sha256, job.id);
    inbox::take_label_off(place->failed.path_of(put));
    sidecar::put(place->failed, *place, job, put);
    place->failed.put_report(put, report);
    return put;
  });
  co_return lifecycle::after_bury(job, {name, "in failed/ as " + printable(name)}, context.moment(),
                                  rules->policy_of(job));
}

// Brings the original back into the spool.
awaitable<Outcome> retrieve(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto retrieval =
      co_await context.on_files(job, *place, [rules, place, job] { return take_back(*rules, *place, job); });
  co_return lifecycle::after_retrieve(job, retrieval, context.moment());
}

awaitable<Outcome> run(Job job, Context& context) {
  switch (job.state) {
    case State::claiming:
      return claim(std::move(job), context);
    case State::ready:
      return submit(std::move(job), context);
    case State::submitting:
      return reconcile(std::move(job), context);
    case State::submitted:
      return poll(std::move(job), context);
    case State::collecting:
      return collect(std::move(job), context);
    case State::delivering:
      return deliver(std::move(job), context);
    case State::delivered:
      return archive(std::move(job), context);
    case State::burying:
      return bury(std::move(job), context);
    case State::removing:
      return remove(std::move(job), context);
    case State::updating:
      return update(std::move(job), context);
    case State::reparsing:
      return follow(std::move(job), context);
    case State::retrying:
      return retrieve(std::move(job), context);
    case State::done:
    case State::failed:
    case State::cancelled:
    case State::vanished:
      break;
  }
  throw std::logic_error("a job that has ended has no step");
}

}  // namespace chunkrd::pipeline::steps
