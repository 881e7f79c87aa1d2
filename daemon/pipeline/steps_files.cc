// The steps that move files: claim, deliver, archive, bury.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "core/escape.h"
#include "pipeline/examine.h"
#include "pipeline/original.h"
#include "pipeline/parts.h"
#include "pipeline/report.h"
#include "pipeline/reuse.h"
#include "pipeline/sidecar.h"
#include "pipeline/steps.h"
#include "pipeline/traces.h"

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
          "the folder, or the file is immutable (lsattr); it stays in the inbox, and is tried again"};
    case Taken::taken:
      break;
  }
  throw std::logic_error("a document that was taken");
}

lifecycle::Claim take_and_hash(const Rules& rules, const Place& configured, const Job& job) {
  Place place = home_of(configured, job);
  const inbox::Arrival document{job.name, inbox::Identity::from(job.source_identity).value(),
                                inbox::Identity::from(job.sidecar)};
  // A copy of what is refused anyway could fill the disk.
  if (place.spool.copies() && document.identity.size_bytes > rules.limits.document_bytes)
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
lifecycle::Delivery publish(const Place& configured, const Job& job, const config::Profile& profile,
                            const std::string& supersedes) {
  const Place home = results_of(configured, job);
  auto outbox = home.open_outbox();
  const auto folder = outbox.prepare(job.id);
  try {
    const std::string& title = home.title_of(job.name);
    const auto parts = make_parts(folder, title, profile);
    const outbox::Origin origin{job.id,       job.name,  job.task_id, job.sha256, job.settings_hash,
                                job.revision, supersedes};
    auto delivered = outbox.publish(origin, title, parts);
    return lifecycle::Published{std::move(delivered.name), home.rules.outbox.native(),
                                std::move(delivered.told), original::bound_for(home.rules)};
  } catch (const std::system_error& error) {
    // Only what was fetched may be missing; an outbox that is not there is another matter.
    std::error_code missing;
    if (error.code() != std::errc::no_such_file_or_directory || !std::filesystem::exists(folder, missing) ||
        !lacks_collected(folder, profile))
      throw;
    return lifecycle::ResultMissing{};
  }
}

// Takes the original from where it was put away. What was delivered keeps it there too.
bool fetch_original(const Place& home, const Job& job, const outbox::Folder& into, bool claimed) {
  const std::string& name = job.original_name.empty() ? job.name : job.original_name;
  if (into.has(job.id)) return true;
  outbox::Shelf failed = home.failed;
  if (job.delivered_name.empty())
    return original::is_in_failed(failed, name, job, claimed) && failed.give_back(name, into, job.id);
  if (job.original_pruned) return false;  // another document may have its name by now
  if (home.archive && home.archive->lend(name, into, job.id)) return true;
  std::error_code missing;
  const bool kept = job.took == queue::Took::copied || home.rules.originals == config::Originals::keep;
  return kept && std::filesystem::exists(home.rules.path, missing) &&
         outbox::Shelf(home.rules.path).lend(job.name, into, job.id);
}

lifecycle::Retrieval take_back(const Rules& rules, const Place& configured, const Job& job, bool claimed) {
  Place home = home_of(configured, job);
  // Nothing of it lies in the spool that its row names: it comes into the one that is used now.
  if (!home.spool.has(job.id)) home.spool = configured.spool;
  const outbox::Folder spool(home.spool.folder(), home.spool.open());
  if (!fetch_original(home, job, spool, claimed))
    return lifecycle::NoOriginal{
        job.original_pruned
            ? "its original was deleted from the archive (retention in the configuration); drop the "
              "document into the inbox again"
            : "its original is not where it was put (another document may have its name there by now); drop "
              "it into the "
              "inbox again"};
  home.spool.label(job.id, job.name, job.source_identity);
  const auto reading = original::read(home, job, rules.limits.document_bytes);
  if (!job.delivered_name.empty() && reading.digest.sha256 != job.sha256) {
    spool.remove(job.id);
    return lifecycle::NoOriginal{"its original was changed since; drop it into the inbox again"};
  }
  lifecycle::Retrieved original{.sha256 = reading.digest.sha256, .size_bytes = reading.digest.size_bytes};
  original.identity = reading.identity;
  original.spool = home.spool.folder().native();
  if (job.delivered_name.empty()) original.sidecar = sidecar::bring_back(home, job);
  // What a reprocess has asked for is not undone by a sidecar from before.
  const bool by_sidecar = job.delivered_name.empty() && job.wanted_settings.empty() && job.revision == 0;
  if (by_sidecar && !original.sidecar.empty())
    apply_sidecar(original, sidecar::read(rules, home, job));
  else if (by_sidecar && !job.sidecar.empty())
    original.own = sidecar::of_profile(rules, home, job);  // it was taken away, and its settings with it
  // What has been delivered before was taken for good.
  const bool type_is_taken = !job.delivered_name.empty() || configured.takes(job.name);
  if (auto fault =
          lifecycle::fault_of_file(reading.digest.size_bytes, {rules.limits.document_bytes, type_is_taken}))
    original.fault = std::move(fault);
  if (!original.fault) original.fault = fault_of(home, job);
  return original;
}

// What has become of an original is a decision of its own where it has gone back into the inbox.
template <class Decide>
lifecycle::Decision decide(const original::PutAway& outcome, Decide decide_on, const Job& job,
                           Context& context, const Policy& policy) {
  if (const auto* returned = std::get_if<lifecycle::Returned>(&outcome))
    return lifecycle::after_change(job, *returned, context.moment(), policy);
  if (const auto* destined = std::get_if<lifecycle::Destined>(&outcome))
    return lifecycle::after_destined(job, *destined, context.moment());
  return decide_on(job, std::get<lifecycle::Stored>(outcome), context.moment(), policy);
}

// With times as the machine's clock shows them.
std::string report_on(Job job, const Context& context) {
  job.found_at += context.clock.ahead();
  return failure_report(job, context.clock.now() + context.clock.ahead());
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
  if (known.state != State::ready) co_return decision;
  if (const auto same = co_await find_unchanged(known, context))
    co_return lifecycle::after_unchanged(job, known, same->earlier, same->delivered_name, context.moment());
  if (const auto earlier = co_await find_reusable(known, context))
    co_return lifecycle::after_reuse(job, known, *earlier, context.moment());
  co_return decision;
}

// Makes the artifacts and publishes all of them, the JSON last.
awaitable<Outcome> deliver(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const Job wanted = lifecycle::with_wanted(job);
  const auto supersedes = co_await superseded_by(job, context);
  const auto delivery = co_await context.on_files(
      job, *place, [place, wanted, profile = rules->profile_of(wanted), supersedes] {
        return publish(*place, wanted, profile, supersedes);
      });
  co_return lifecycle::after_deliver(job, delivery, context.moment());
}

// Puts the original away, now that the result is durable and its row says so.
awaitable<Outcome> archive(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto stored = co_await context.on_files(
      job, *place, [place, job] { return original::put_away(home_of(*place, job), job); });
  co_return decide(stored, lifecycle::after_archive, job, context, rules->policy_of(job));
}

// Puts the original and a report into failed/.
awaitable<Outcome> bury(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto report = report_on(job, context);
  const auto stored = co_await context.on_files(
      job, *place, [place, job, report] { return original::bury(home_of(*place, job), job, report); });
  co_return decide(stored, lifecycle::after_bury, job, context, rules->policy_of(job));
}

// Brings the original back into the spool.
awaitable<Outcome> retrieve(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const std::string shelf = job.shelf.empty() ? place->failed.root().native() : job.shelf;
  const bool claimed = !job.original_name.empty() &&
                       co_await context.queue.is_claimed_by_another(job, shelf, job.original_name);
  const auto retrieval = co_await context.on_files(
      job, *place, [rules, place, job, claimed] { return take_back(*rules, *place, job, claimed); });
  co_return lifecycle::after_retrieve(job, retrieval, context.moment());
}

namespace {

// Its original is nowhere, although nothing is gone that it may lie in.
awaitable<Outcome> miss(Job job, std::string why, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto traces = co_await context.files.run(place->touched_in_all(job), job.id,
                                                 [place, job] { return traces_of(*place, job); });
  auto decision = lifecycle::after_missing(job, traces, why, context.moment(), rules->policy_of(job));
  if (lifecycle::is_to_be_reported(decision, traces)) {
    const auto report = report_on(job, context);
    co_await context.on_files(job, *place, [place, job, report] { put_report_alone(*place, job, report); });
  }
  co_return decision;
}

awaitable<Outcome> step(Job job, Context& context) {
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

}  // namespace

awaitable<Outcome> run(Job job, Context& context) {
  std::string why;
  try {
    co_return co_await step(job, context);
  } catch (const outbox::OriginalMissing& missing) {
    why = missing.what();
  }
  co_return co_await miss(std::move(job), std::move(why), context);
}

}  // namespace chunkrd::pipeline::steps
