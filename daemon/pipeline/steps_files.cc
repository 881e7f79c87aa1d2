// The steps that move files: claim, deliver, archive, bury.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "pipeline/parts.h"
#include "pipeline/report.h"
#include "pipeline/steps.h"

namespace chunkrd::pipeline::steps {
namespace {

using queue::Job;
using queue::State;

// Not the document's fault, and over some time later.
bool is_shortage(const std::error_code& code) {
  return code == std::errc::too_many_files_open || code == std::errc::too_many_files_open_in_system ||
         code == std::errc::not_enough_memory;
}

lifecycle::Claim take_and_hash(const Place& place, const Job& job, const inbox::Identity& identity) {
  using inbox::Taken;
  switch (place.spool.take(job.name, identity, job.id)) {
    case Taken::vanished:
      return lifecycle::Gone{"the file was gone before it could be taken"};
    case Taken::changed:
      return lifecycle::Gone{"the file changed before it was taken; it settles again"};
    case Taken::refused:
      return lifecycle::Gone{"not a regular file any more"};
    case Taken::unreadable:
      return lifecycle::CannotRead{"may not be read; the file stays in the inbox"};
    case Taken::taken:
      break;
  }
  try {
    const FileDigest digest = sha256_file(place.spool.path_of(job.id));
    return lifecycle::Spooled{digest.sha256, digest.size_bytes};
  } catch (const std::system_error& error) {
    if (is_shortage(error.code())) throw;
    return lifecycle::CannotRead{error.what()};
  }
}

// Repeatable: when a crash has interrupted it, the outbox knows how far it had come.
lifecycle::Delivery publish(Place& place, const Job& job, const config::Profile& profile) {
  const auto folder = place.outbox.prepare(job.id);
  try {
    const auto parts = make_parts(folder, job, profile);
    const outbox::Origin origin{job.id, job.name, job.task_id, job.sha256, job.settings_hash};
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

std::string put_away(Place& place, const Job& job) {
  const auto original = place.spool.path_of(job.id);
  if (place.archive)
    return "original archived as " + printable(place.archive->put(original, job.name, job.sha256, job.id));
  durable::remove_file(original);
  return place.rules.originals == config::Originals::keep ? "original stays in the inbox"
                                                          : "original deleted";
}

}  // namespace

// Takes the document out of the inbox into the spool and reads its digest.
awaitable<Outcome> claim(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto identity = inbox::Identity::from(job.source_identity).value();
  const auto claimed =
      co_await run_on(context.files, [place, job, identity] { return take_and_hash(*place, job, identity); });
  const lifecycle::Intake intake{rules->limits.document_bytes, place->takes(job.name)};
  co_return lifecycle::after_claim(job, claimed, intake, context.moment());
}

// Makes the artifacts and publishes all of them, the JSON last.
awaitable<Outcome> deliver(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto delivery = co_await run_on(context.files, [place, job, profile = rules->profile_of(job)] {
    return publish(*place, job, profile);
  });
  co_return lifecycle::after_deliver(job, delivery, context.moment());
}

// Puts the original away, now that the result is durable and its row says so.
awaitable<Outcome> archive(Job job, Context& context) {
  const auto place = context.rules->place_of(job);
  const auto where = co_await run_on(context.files, [place, job] { return put_away(*place, job); });
  co_return lifecycle::after_archive(job, where, context.moment());
}

// Puts the original and a report into failed/.
awaitable<Outcome> bury(Job job, Context& context) {
  const auto place = context.rules->place_of(job);
  const auto report = failure_report(job, context.clock.now());
  const auto name = co_await run_on(context.files, [place, job, report] {
    const auto put = place->failed.put(place->spool.path_of(job.id), job.name, job.sha256, job.id);
    place->failed.put_report(put, report);
    return put;
  });
  co_return lifecycle::after_bury(job, "in failed/ as " + printable(name), context.moment());
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
    case State::done:
    case State::failed:
    case State::cancelled:
    case State::vanished:
      break;
  }
  throw std::logic_error("a job that has ended has no step");
}

}  // namespace chunkrd::pipeline::steps
