#include "pipeline/commands.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/json.hpp>
#include <set>
#include <utility>

#include "core/escape.h"
#include "pipeline/about.h"
#include "pipeline/decision.h"

namespace chunkrd::pipeline {
namespace {

namespace json = boost::json;

using lifecycle::Match;
using queue::Command;
using queue::CommandAnswer;
using queue::CommandKind;
using Outcome = CommandAnswer::Outcome;

// More than a person leaves: one that waits for an upload holds up no other.
constexpr std::size_t kCommandsAtOnce = 1000;

std::string text_in(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

bool flag_in(const json::object& arguments, std::string_view name) {
  const auto* value = arguments.if_contains(name);
  return value != nullptr && value->is_bool() && value->get_bool();
}

json::object arguments_in(const Command& command) {
  boost::system::error_code error;
  const json::value value = json::parse(command.arguments, error);
  return !error && value.is_object() ? value.get_object() : json::object();
}

std::string reason_in(const json::object& arguments) {
  const std::string reason = text_in(arguments, "reason");
  return reason.empty() ? "asked for" : reason;
}

// The command line may have read a newer configuration than this daemon.
lifecycle::Reply reply_to(const queue::Job& job, const lifecycle::Wish& wish, const Rules& rules,
                          WallTime now) {
  const auto* reprocess = std::get_if<lifecycle::Reprocess>(&wish);
  if (reprocess != nullptr && !rules.profiles.contains(reprocess->profile))
    return {
        {Outcome::refused, fmt::format("the daemon has no profile \"{}\": reload its configuration, or name "
                                       "another one with --profile",
                                       printable(reprocess->profile))},
        std::nullopt};
  return lifecycle::asked(job, wish, now);
}

constexpr const char* kPaused = "nothing is submitted until `chunkrd resume`";

CommandAnswer about_daemon_at_rest(queue::Store& store, const Command& command) {
  const json::object arguments = arguments_in(command);
  if (command.kind == CommandKind::pause) {
    store.set_note(kOperatorPauseNote, reason_in(arguments));
    return {Outcome::done, kPaused};
  }
  if (command.kind == CommandKind::drain)
    return {Outcome::refused,
            "no daemon runs, or the one that was asked has ended: there is nothing to drain"};
  if (command.kind == CommandKind::reload)
    return {Outcome::refused, "no daemon runs: it reads the configuration when it starts"};
  const std::string cause = text_in(arguments, "cause");
  const bool was_paused = !store.note(kOperatorPauseNote).value_or("").empty();
  if (!was_paused || (!cause.empty() && cause != to_string(Pause::operator_asked)))
    return {Outcome::done, "nothing was paused; other pauses end with the daemon"};
  store.set_note(kOperatorPauseNote, "");
  return {Outcome::done, "resumed: operator"};
}

}  // namespace

namespace {

CommandAnswer answer_at_rest(queue::Store& store, const Command& command, const Mark& now) {
  lifecycle::Reply reply;
  if (const auto wish = wish_of(command)) {
    const auto job = store.find(command.job);
    reply = job ? lifecycle::asked(*job, *wish, now.date)
                : lifecycle::Reply{{Outcome::refused, "there is no such job any more"}, std::nullopt};
  } else {
    reply.answer = about_daemon_at_rest(store, command);
  }
  const queue::Change change = queue::Answering{command.seq, reply.answer, reply.transition};
  store.apply({&change, 1}, now);
  return reply.answer;
}

}  // namespace

CommandAnswer carry_out_at_rest(queue::Store& store, const Command& command, const Mark& now) {
  for (const Command& earlier : store.pending_commands(SIZE_MAX))
    if (earlier.seq < command.seq && earlier.job == command.job) answer_at_rest(store, earlier, now);
  return answer_at_rest(store, command, now);
}

void end_wishes_of_the_daemon_before(queue::Store& store, const Mark& now) {
  for (const Command& command : store.pending_commands(SIZE_MAX))
    if (command.job.empty()) answer_at_rest(store, command, now);
}

CommandKind kind_of(const lifecycle::Wish& wish) {
  return std::visit(Match{
                        [](const lifecycle::Retry&) { return CommandKind::retry; },
                        [](const lifecycle::Cancel&) { return CommandKind::cancel; },
                        [](const lifecycle::Remove&) { return CommandKind::remove; },
                        [](const lifecycle::Reprocess&) { return CommandKind::reprocess; },
                    },
                    wish);
}

std::string arguments_of(const lifecycle::Wish& wish) {
  json::object arguments;
  if (const auto* cancel = std::get_if<lifecycle::Cancel>(&wish)) arguments["or_delete"] = cancel->or_remove;
  if (const auto* reprocess = std::get_if<lifecycle::Reprocess>(&wish)) {
    arguments["profile"] = reprocess->profile;
    arguments["settings"] = reprocess->settings;
    arguments["resubmit"] = reprocess->resubmit;
  }
  return json::serialize(arguments);
}

std::optional<lifecycle::Wish> wish_of(const Command& command) {
  const json::object arguments = arguments_in(command);
  switch (command.kind) {
    case CommandKind::retry:
      return lifecycle::Retry{};
    case CommandKind::cancel:
      return lifecycle::Cancel{flag_in(arguments, "or_delete")};
    case CommandKind::remove:
      return lifecycle::Remove{};
    case CommandKind::reprocess:
      return lifecycle::Reprocess{text_in(arguments, "profile"), text_in(arguments, "settings"),
                                  flag_in(arguments, "resubmit")};
    case CommandKind::pause:
    case CommandKind::resume:
    case CommandKind::drain:
    case CommandKind::reload:
      break;
  }
  return std::nullopt;
}

Commands::Commands(Context& context, Scheduler& scheduler, Gate& gate, Clock& clock, Duration look_every)
    : context_(context),
      scheduler_(scheduler),
      gate_(gate),
      alarm_(clock.make_alarm()),
      look_every_(look_every) {}

awaitable<void> Commands::run() {
  const auto paused = co_await context_.queue.note(kOperatorPauseNote);
  if (paused && !paused->empty()) gate_.pause_for_operator(context_.clock.now());
  scheduler_.wake();
  while (!stopping_) {
    co_await look();
    if (rest_ && !stopping_) co_await rest_();
    if (!stopping_) co_await alarm_->wait_until(context_.clock.now() + look_every_);
  }
}

void Commands::stop() {
  stopping_ = true;
  alarm_->ring();
}

awaitable<void> Commands::look() {
  std::set<std::string> waiting;  // jobs: what was asked of them later has to wait, too
  for (Command& command : co_await context_.queue.pending_commands(kCommandsAtOnce)) {
    if (stopping_) co_return;
    if (waiting.contains(command.job)) continue;
    const std::string job = command.job;
    if (scheduler_.is_busy(job) || !co_await carry_out(std::move(command))) waiting.insert(job);
  }
}

awaitable<bool> Commands::carry_out(Command command) {
  if (const auto wish = wish_of(command)) co_return co_await about_job(command, *wish);
  const CommandAnswer answer = co_await about_daemon(command);
  spdlog::info("{}: {}", queue::to_string(command.kind), answer.text);
  co_await context_.queue.apply(queue::Answering{command.seq, answer});
  co_return true;
}

// When the row moved meanwhile the command stays pending and is looked at again.
awaitable<bool> Commands::about_job(const Command& command, const lifecycle::Wish& wish) {
  const auto job = co_await context_.queue.find(command.job);
  if (!job) {
    co_await context_.queue.apply(
        queue::Answering{command.seq, {Outcome::refused, "there is no such job any more"}});
    co_return true;
  }
  const lifecycle::Reply reply = reply_to(*job, wish, *context_.rules, context_.clock.now());
  if (!co_await context_.queue.apply(queue::Answering{command.seq, reply.answer, reply.transition}))
    co_return false;
  log_about(spdlog::level::info, queue::to_string(command.kind),
            about(reply.transition ? reply.transition->after : *job),
            fmt::format("{}: {}", queue::to_string(reply.answer.outcome), reply.answer.text));
  if (!reply.transition) co_return true;
  queue::Job after = reply.transition->after;
  after.lease += 1;
  context_.note(after);
  context_.observer.on_transition(job->state, after);
  scheduler_.expect(after.state, after.due);
  co_return true;
}

awaitable<CommandAnswer> Commands::about_daemon(const Command& command) {
  const json::object arguments = arguments_in(command);
  if (command.kind == CommandKind::drain) {
    if (drain_) drain_();
    co_return CommandAnswer{Outcome::accepted,
                            "nothing new is taken; the daemon ends when what the service "
                            "has is delivered"};
  }
  if (command.kind == CommandKind::reload)
    co_return reload_
        ? co_await reload_()
        : CommandAnswer{Outcome::refused, "what works this queue has no configuration to reload"};
  if (command.kind == CommandKind::resume) co_return co_await resume(text_in(arguments, "cause"));
  co_await context_.queue.set_note(kOperatorPauseNote, reason_in(arguments));
  gate_.pause_for_operator(context_.clock.now());
  scheduler_.wake();
  co_return CommandAnswer{Outcome::done, kPaused};
}

awaitable<CommandAnswer> Commands::resume(const std::string& cause) {
  std::string lifted;
  for (int i = 0; i < kPauseCount; ++i) {
    const auto pause = static_cast<Pause>(i);
    if (!scheduler_.is_paused(pause) || (!cause.empty() && cause != to_string(pause))) continue;
    if (pause == Pause::disk)
      context_.unwritable.forget();
    else
      gate_.lift(pause);
    lifted += fmt::format("{}{}", lifted.empty() ? "" : ", ", to_string(pause));
  }
  if (cause.empty() || cause == to_string(Pause::operator_asked))
    co_await context_.queue.set_note(kOperatorPauseNote, "");
  scheduler_.wake();
  if (lifted.empty())
    co_return CommandAnswer{Outcome::done, "nothing was paused" + (cause.empty() ? "" : " by " + cause)};
  co_return CommandAnswer{Outcome::done, "resumed: " + lifted};
}

}  // namespace chunkrd::pipeline
