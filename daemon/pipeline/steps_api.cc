// The steps that talk to the service: submit, reconcile, poll, collect.
#include "core/ids.h"
#include "pipeline/collect_files.h"
#include "pipeline/link.h"
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

}  // namespace

// Makes the intent durable, sends the document, and decides on the answer, whatever it is.
awaitable<Outcome> submit(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  // One that has come while this document waited.
  if (const auto earlier = co_await find_reusable(job, context))
    co_return lifecycle::after_reuse(job, job, *earlier, context.moment());
  const auto document =
      co_await context.on_files(job, *place, [place, job] { return document_of(*place, job); });
  if (!document)
    co_return lifecycle::after_create(job, unreadable(document.error()), context.moment(),
                                      rules->policy_of(job));
  const auto intent =
      co_await context.commit(lifecycle::intend(job, make_tag(job.id, context.random), context.clock.now()));
  if (!intent) co_return std::nullopt;
  const auto answer = co_await context.tasks.create({.document = *document,
                                                     .file_name = submitted_name(*intent, *document),
                                                     .settings = lifecycle::with_wanted(job).settings});
  co_return lifecycle::after_create(*intent, answer, context.moment(context.planner.first(job.profile)),
                                    rules->policy_of(job));
}

// What has become of the document that this one has waited for.
awaitable<Outcome> take_over(Job job, Context& context) {
  if (const auto earlier = co_await find_reusable(job, context))
    co_return lifecycle::after_reuse(job, job, *earlier, context.moment());
  co_return lifecycle::wait_is_over(job, context.moment());
}

// Whether the task of this submit has a name that the service has chosen.
awaitable<bool> is_address(const Job& job, Context& context) {
  if (!is_link(job.name)) co_return false;
  const auto place = context.rules->place_of(job);
  const auto document =
      co_await context.on_files(job, *place, [place, job] { return document_of(*place, job); });
  co_return document&& std::holds_alternative<taskapi::WebAddress>(*document);
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

// Fetches the result, with the files that belong to it, into the outbox under a temporary name.
awaitable<Outcome> collect(Job job, Context& context) {
  const auto rules = context.rules;
  const auto place = rules->place_of(job);
  const auto folder =
      co_await context.on_files(job, *place, [place, id = job.id] { return place->outbox.prepare(id); });
  auto answer = co_await context.tasks.get_result(job.task_id, folder / artifacts::kResultName);
  lifecycle::Collected collected;
  if (std::holds_alternative<Saved>(answer)) {
    collected =
        co_await collect_files(job, *place, folder, rules->profile_of(lifecycle::with_wanted(job)), context);
  } else {
    collected = widen<lifecycle::Collected>(std::move(answer));
  }
  co_return lifecycle::after_collect(job, collected,
                                     context.moment(context.planner.next(job.profile, Duration::zero())),
                                     rules->policy_of(job));
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
  co_return lifecycle::after_remove(job, task_id, answer, context.moment(), rules->policy_of(job));
}

}  // namespace chunkrd::pipeline::steps
