// The steps that talk to the service: submit, reconcile, poll, collect.
#include <spdlog/spdlog.h>

#include <expected>
#include <filesystem>
#include <stdexcept>

#include "core/errors.h"
#include "core/escape.h"
#include "core/ids.h"
#include "pipeline/collect_files.h"
#include "pipeline/link.h"
#include "pipeline/original.h"
#include "pipeline/reuse.h"
#include "pipeline/search.h"
#include "pipeline/steps.h"
#include "pipeline/update_form.h"
#include "pipeline/widen.h"

namespace chunkrd::pipeline::steps {
namespace {

using lifecycle::Search;
using queue::Job;
using taskapi::Answer;
using taskapi::Saved;
using taskapi::Status;
using taskapi::Task;

// What has become of a document in the spool that cannot be submitted as it is.
Answer<Task> unreadable(std::string why) {
  return taskapi::NoAnswer{taskapi::NoAnswer::Request::not_sent, taskapi::NoAnswer::Cause::local_file,
                           std::move(why)};
}

// A document that is to be sent, or that it has changed and went back into the inbox.
using Sendable = std::variant<std::expected<Document, std::string>, lifecycle::Returned>;

Sendable sendable(const Place& configured, const Job& job, original::Look how) {
  const Place home = home_of(configured, job);
  switch (original::look(home, job, how)) {
    case original::Standing::as_known:
      break;
    case original::Standing::changed:
      return original::give_back(home, job, "it was changed before all of it was sent");
    case original::Standing::missing:
      if (const auto returned = original::given_back(home, job)) return *returned;
      throw outbox::OriginalMissing("its original is not in the spool any more: bring it back to " +
                                    printable(home.spool.path_of(job.id).native()));
  }
  return document_of(home, job);
}

// What this machine was short of says nothing about the file.
bool could_not_be_read(const Answer<Task>& answer) {
  const auto* none = std::get_if<taskapi::NoAnswer>(&answer);
  return none != nullptr && none->cause == taskapi::NoAnswer::Cause::local_file && !is_shortage(none->local);
}

// The file did not let itself be sent to its end: has it changed?
awaitable<Outcome> not_sent(Job job, std::string why, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto found = co_await context.on_files(
      job, *place, [place, job] { return sendable(*place, job, original::Look::thorough); });
  if (const auto* returned = std::get_if<lifecycle::Returned>(&found))
    co_return lifecycle::after_change(job, *returned, context.moment(), rules->policy_of(job));
  co_return lifecycle::after_unsent(job, why, context.moment(), rules->policy_of(job));
}

}  // namespace

// Makes the intent durable, sends the document, and decides on the answer, whatever it is.
awaitable<Outcome> submit(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  // What has come while this document waited.
  if (const auto same = co_await find_unchanged(job, context))
    co_return lifecycle::after_unchanged(job, job, same->earlier, same->delivered_name, context.moment());
  if (const auto earlier = co_await find_reusable(job, context))
    co_return lifecycle::after_reuse(job, job, *earlier, context.moment());
  // The digest of a file is taken while it is sent; a link's is not.
  const auto how = is_link(job.name) ? original::Look::thorough : original::Look::brief;
  const auto found =
      co_await context.on_files(job, *place, [place, job, how] { return sendable(*place, job, how); });
  if (const auto* returned = std::get_if<lifecycle::Returned>(&found))
    co_return lifecycle::after_change(job, *returned, context.moment(), rules->policy_of(job));
  const auto& document = std::get<std::expected<Document, std::string>>(found);
  if (!document)
    co_return lifecycle::after_create(job, unreadable(document.error()), context.moment(),
                                      rules->policy_of(job));
  if (context.passed_over.contains(job.id)) co_return std::nullopt;
  const auto intent =
      co_await context.commit(lifecycle::intend(job, make_tag(job.id, context.random), context.clock.now()));
  if (!intent) co_return std::nullopt;
  const auto answer = co_await context.tasks.create({.document = *document,
                                                     .file_name = submitted_name(*intent, *document),
                                                     .settings = lifecycle::with_wanted(job).settings,
                                                     .threads = context.for_sending(job, *place)});
  if (could_not_be_read(answer))
    co_return co_await not_sent(*intent, std::get<taskapi::NoAnswer>(answer).message, context);
  co_return lifecycle::after_create(*intent, answer, context.moment(context.planner.first(job.profile)),
                                    rules->policy_of(job));
}

// What has become of the document that this one has waited for.
awaitable<Outcome> take_over(Job job, Context& context) {
  if (const auto same = co_await find_unchanged(job, context))
    co_return lifecycle::after_unchanged(job, job, same->earlier, same->delivered_name, context.moment());
  if (const auto earlier = co_await find_reusable(job, context))
    co_return lifecycle::after_reuse(job, job, *earlier, context.moment());
  co_return lifecycle::wait_is_over(job, context.moment());
}

bool names_address(const Place& place, const Job& job) {
  try {
    const auto document = document_of(place, job);
    return document && std::holds_alternative<taskapi::WebAddress>(*document);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::no_such_file_or_directory) throw;
    throw outbox::OriginalMissing(error.what());
  }
}

// Whether the task of this submit has a name that the service has chosen.
awaitable<bool> is_address(const Job& job, Context& context) {
  if (!is_link(job.name)) co_return false;
  const auto place = context.rules->place_of(job);
  co_return co_await context.on_files(job, *place, [place, job] { return names_address(*place, job); });
}

// A submit whose answer we never saw: looks for its task by the tag, or what else it can be known by.
awaitable<Outcome> reconcile(Job job, Context& context) {
  const auto rules = context.rules;
  const Search search = co_await is_address(job, context) ? co_await find_by_address(job, context)
                                                          : co_await find_by_tag(job, context);
  co_return lifecycle::after_reconcile(job, search, context.moment(), rules->policy_of(job));
}

// Cancels the task and reads it again: the answer to a cancel proves nothing (contract).
awaitable<Outcome> cancel(Job job, Context& context, lifecycle::Moment moment, const Policy& policy) {
  // Durable before it leaves: a task that reads Cancelled after a crash was cancelled by us.
  const auto cancelling = co_await context.commit(lifecycle::intend_cancel(job, context.clock.now()));
  if (!cancelling) co_return std::nullopt;
  co_await context.tasks.cancel(job.task_id);
  const auto answer = co_await context.tasks.get(job.task_id);
  co_return lifecycle::after_cancel(*cancelling, answer, moment, policy);
}

// Asks how the task is doing, and decides when to ask again.
awaitable<Outcome> poll(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto answer = co_await context.tasks.get(job.task_id);
  const auto* task = std::get_if<Task>(&answer);
  const auto waited = context.clock.now() - job.submitted_at.value_or(context.clock.now());
  if (task != nullptr) context.planner.see(job.profile, *task, waited);
  const auto moment = context.moment(context.planner.next(job.profile, waited));
  if (task != nullptr && lifecycle::is_to_be_cancelled(job, *task, moment, policy))
    co_return co_await cancel(std::move(job), context, moment, policy);
  co_return lifecycle::after_poll(job, answer, moment, policy);
}

// From here on its result lies in the outbox in which `folder` is.
lifecycle::Decision prepared_in(const std::filesystem::path& folder, lifecycle::Decision decision) {
  Job& after = decision.transition.after;
  if (after.state == queue::State::delivering)
    after.outbox = folder.parent_path().parent_path().parent_path().native();  // of .chunkrd/tmp/<job>
  return decision;
}

// Told once: each document that waits would say the same.
void hear_of_storage(const lifecycle::Collected& collected, Context& context) {
  if (const auto* later = std::get_if<lifecycle::FileLater>(&collected)) {
    if (context.storage.note(later->why, context.clock.now()))
      spdlog::warn("the service's storage: {}", context.storage.at(context.clock.now())->why);
  } else if (std::holds_alternative<artifacts::Summary>(collected) && context.storage.clear()) {
    spdlog::info("the service's storage can be reached again");
  }
}

// Fetches the result, with the files that belong to it, into the outbox under a temporary name.
awaitable<Outcome> collect(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto folder = co_await context.on_files(
      job, *place, [place, job] { return results_of(*place, job).open_outbox().prepare(job.id); });
  taskapi::NewFile result{folder / artifacts::kResultName, context.for_fetching(job, *place)};
  auto answer = co_await context.tasks.get_result(job.task_id, std::move(result));
  lifecycle::Collected collected;
  if (std::holds_alternative<Saved>(answer)) {
    collected =
        co_await collect_files(job, *place, folder, rules->profile_of(lifecycle::with_wanted(job)), context);
  } else {
    collected = widen<lifecycle::Collected>(std::move(answer));
  }
  hear_of_storage(collected, context);
  auto decision = lifecycle::after_collect(
      job, collected, context.moment(context.planner.next(job.profile, Duration::zero())),
      rules->policy_of(job));
  co_return prepared_in(folder, std::move(decision));
}

// Sends the new settings. Where an update may have left before, the task says first what became of it.
awaitable<Outcome> update(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto moment = context.moment(context.planner.first(job.profile));
  if (lifecycle::update_may_have_left(job)) {
    const auto read = co_await context.tasks.get(job.task_id);
    if (auto decision = lifecycle::after_lost_update(job, read, moment, policy))
      co_return std::move(*decision);
  }
  const auto intent = co_await context.commit(lifecycle::intend_update(job, context.clock.now()));
  if (!intent) co_return std::nullopt;
  const auto answer =
      co_await context.tasks.update(job.task_id, update_form(job.settings, job.wanted_settings));
  co_return lifecycle::after_update(*intent, answer, moment, policy);
}

// Asks what the update has come to.
awaitable<Outcome> follow(Job job, Context& context) {
  const auto rules = context.rules;
  const Policy& policy = rules->policy_of(job);
  const auto answer = co_await context.tasks.get(job.task_id);
  const auto waited = context.clock.now() - job.submitted_at.value_or(context.clock.now());
  const auto moment = context.moment(context.planner.next(job.profile, waited));
  const auto* task = std::get_if<Task>(&answer);
  if (task != nullptr && lifecycle::is_to_be_cancelled(job, *task, moment, policy))
    co_return co_await cancel(std::move(job), context, moment, policy);
  co_return lifecycle::after_follow(job, answer, moment, policy);
}

// Deletes one task of the document at the service.
awaitable<Outcome> remove(Job job, Context& context) {
  const auto rules = context.rules;
  const std::string task_id = lifecycle::next_to_remove(job);
  const auto answer = co_await context.tasks.remove(task_id);
  // One that waits in the service's queue can only be deleted once it is cancelled.
  if (const auto* refusal = std::get_if<taskapi::Refusal>(&answer);
      refusal != nullptr && refusal->text.find("status is Starting") != std::string::npos)
    co_await context.tasks.cancel(task_id);
  co_return lifecycle::after_remove(job, task_id, answer, context.moment(), rules->usual_policy());
}

}  // namespace chunkrd::pipeline::steps
