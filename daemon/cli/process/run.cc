#include "cli/process/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <filesystem>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/counted.h"
#include "core/errors.h"
#include "core/escape.h"
#include "core/iso_time.h"
#include "core/sha256.h"
#include "core/spawn.h"
#include "pipeline/intake.h"

namespace chunkrd::cli::process {
namespace {

namespace lifecycle = pipeline::lifecycle;
using namespace std::chrono_literals;
using queue::Job;
using queue::State;

// Whom the documents of this queue go to: their tasks mean nothing to anybody else.
constexpr const char* kServiceNote = "process.service";
constexpr auto kRedraw = 200ms;

std::int64_t unfinished(const queue::StateCounts& counts) {
  std::int64_t sum = 0;
  for (int i = 1; i <= queue::kStateCount; ++i)
    if (!is_end(static_cast<State>(i))) sum += counts[static_cast<std::size_t>(i)];
  return sum;
}

// What its result will be made with, if all goes well.
std::string coming_settings_hash(const Job& job) {
  return job.wanted_settings.empty() ? job.settings_hash : sha256_hex(job.wanted_settings);
}

}  // namespace

Run::Run(const config::Settings& settings, std::string key, const std::string& service,
         AnotherService another, Tally& tally, Display& display)
    : settings_(settings),
      tally_(tally),
      display_(display),
      last_resort_(settings.shutdown_timeout, ExitCode::interrupted),
      worker_(settings, std::move(key), *this, nullptr,
              [&display, told = false](const std::string& why) mutable {
                if (!std::exchange(told, true)) display.say(why);
              }) {
  refuse_missing_folders();
  look_at_service(service, another);
  for (Tally::Entry& entry : tally_.entries()) take_up(entry);
  ended_before_ = tally_.ended();
  work_ended_before_ = tally_.work_ended();
}

// Who waits for a command does not want to wait for a mount.
void Run::refuse_missing_folders() const {
  for (const auto& [path, place] : worker_.context.rules->places)
    if (!place->gone.empty()) throw UserError(ExitCode::no_input, place->gone.front().why);
}

// The note has a line for each: since when, a tab, the service. Of an earlier release it is the service
// alone.
void Run::look_at_service(const std::string& service, AnotherService another) {
  std::istringstream lines(worker_.store.note(kServiceNote).value_or(""));
  for (std::string line; std::getline(lines, line);) {
    const auto tab = line.find('\t');
    const auto since = tab == line.npos ? std::nullopt : from_iso(line.substr(0, tab));
    services_.push_back({since.value_or(WallTime{}), since ? line.substr(tab + 1) : line});
  }
  if (!services_.empty() && services_.back().service == service) return;
  if (!services_.empty()) refuse_unless(another, service);
  services_.push_back({services_.empty() ? WallTime{} : worker_.clock.now(), service});
  std::string note;
  for (const Served& served : services_) note += to_iso(served.since) + '\t' + served.service + '\n';
  worker_.store.set_note(kServiceNote, note);
}

// What another one has made is not what is asked for now, and nobody shall take it for that.
void Run::refuse_unless(AnotherService another, const std::string& service) {
  const auto counts = worker_.store.counts();
  const auto left = unfinished(counts);
  const auto all = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const std::string out = printable(settings_.inboxes.front().outbox.native());
  const std::string& before = services_.back().service;
  if (left > 0)
    throw UserError(
        ExitCode::usage,
        fmt::format("--out {}: {} there {} begun with {} and {} not finished; go on with that, or "
                    "name another folder",
                    out, counted(left, "document"), left == 1 ? "was" : "were", before,
                    left == 1 ? "is" : "are"));
  if (all > 0 && another == AnotherService::refuse)
    throw UserError(
        ExitCode::usage,
        fmt::format("--out {}: {} there {} parsed by {}, not by {}; name another folder to have "
                    "all of it from {}, or say --another-service to keep those results as they are "
                    "and parse only what is new",
                    out, counted(all, "document"), all == 1 ? "was" : "were", before, service, service));
}

std::string Run::earlier_service_of(const Job& job) const {
  std::string service;
  for (const Served& served : services_)
    if (served.since <= job.found_at) service = served.service;
  return service == services_.back().service ? std::string() : service;
}

// What an earlier run has made of this very file.
void Run::take_up(Tally::Entry& entry) {
  const inbox::Arrival& arrival = entry.document.arrival;
  const std::string identity = arrival.identity.text();
  const auto job = worker_.store.named(entry.document.inbox, arrival.name);
  if (!job || job->source_identity != identity) {
    const auto before = worker_.store.standing_of(entry.document.inbox, arrival.name, identity).latest;
    if (before && before->state != State::vanished) give_up_older(entry);
    return;
  }
  const std::string& profile = settings_.inboxes.front().profile;
  const std::string& parse = settings_.profiles.at(profile).parse;
  const bool has_its_own = !job->sidecar.empty() || arrival.sidecar;
  const bool others_wanted = !has_its_own && coming_settings_hash(*job) != sha256_hex(parse);
  if (others_wanted || !job->wanted_settings.empty()) entry.wanted_settings_hash = sha256_hex(parse);
  const bool may_be_updated =
      job->state == State::done || job->state == State::failed || job->state == State::cancelled;
  if (others_wanted && may_be_updated) return ask(entry, *job, lifecycle::Reprocess{profile, parse, true});
  if (job->state != State::done && job->state != State::vanished &&
      !settings_.profiles.contains(profile_at_work(*job)))
    return give_up(
        entry, *job,
        fmt::format("was begun with the profile \"{}\", which this configuration does not have: go on "
                    "with the --config that it was begun with, or name another --out",
                    printable(profile_at_work(*job))));
  switch (job->state) {
    case State::failed:
    case State::cancelled:
      return ask(entry, *job, lifecycle::Retry{});
    case State::vanished:
      return;  // it changed while it was read; now it is taken anew
    case State::done:
      if (!std::filesystem::exists(settings_.inboxes.front().outbox / (job->delivered_name + ".json")))
        return give_up(
            entry, *job,
            "its result was delivered here before and is gone: name another --out to have it again");
      break;
    default:
      if (others_wanted)
        display_.say(
            printable(entry.document.shown.native()) +
            ": is under way with the settings it was begun with; run the command again when it has ended");
      break;
  }
  tally_.adopt(entry, *job);
  if (job->state == State::done) display_.had_ended(entry, earlier_service_of(*job));
}

void Run::ask(Tally::Entry& entry, const Job& job, const lifecycle::Wish& wish) {
  queue::Command command{.seq = 0,
                         .asked_at = worker_.clock.now(),
                         .kind = pipeline::kind_of(wish),
                         .job = job.id,
                         .arguments = pipeline::arguments_of(wish)};
  command.seq = worker_.store.ask(command);
  const auto answer = pipeline::carry_out_at_rest(worker_.store, command, worker_.clock.mark());
  if (answer.outcome == queue::CommandAnswer::Outcome::refused) return give_up(entry, job, answer.text);
  tally_.adopt(entry, worker_.store.find(job.id).value());
}

void Run::give_up_older(Tally::Entry& entry) {
  give_up(entry, {}, "this file was here before, then another one of its name: copy it, and name the copy");
}

void Run::give_up(Tally::Entry& entry, Job job, const std::string& why) {
  job.error_message = why;
  job.original_name.clear();
  tally_.fail(entry, job);
  display_.ended(entry);
}

void Run::expect_tasks_to_take(Duration usual) {
  worker_.planner.learn(settings_.inboxes.front().profile, usual);
}

void Run::go() {
  asio::co_spawn(worker_.loop, work(), asio::detached);
  asio::co_spawn(worker_.loop, take_in_the_new(), asio::detached);
  asio::co_spawn(worker_.loop, listen_to_commands(), asio::detached);
  asio::co_spawn(worker_.loop, wait_for_signals(), kOrEnd);
  asio::co_spawn(worker_.loop, keep_drawing(), kOrEnd);
  worker_.loop.run();
  if (failure_) std::rethrow_exception(failure_);
}

awaitable<void> Run::work() {
  try {
    co_await worker_.scheduler.run();
  } catch (...) {
    fail();
  }
  worker_.loop.stop();
}

awaitable<void> Run::take_in_the_new() {
  try {
    for (Tally::Entry& entry : tally_.entries()) {
      if (stopping_) co_return;
      if (!entry.job.id.empty() || entry.stage == Stage::failed) continue;
      co_await take_in(entry);
    }
    all_taken_in_ = true;
    end_if_over();
  } catch (...) {
    fail();
  }
}

// An older file of this name may have a row that is still to be taken: it vanishes then, and makes room.
awaitable<void> Run::take_in(Tally::Entry& entry) {
  asio::steady_timer timer(worker_.loop);
  while (!stopping_) {
    const auto reception = co_await pipeline::take_in(entry.document.arrival, entry.document.inbox,
                                                      worker_.context, worker_.scheduler);
    if (!entry.job.id.empty()) co_return;
    if (reception != inbox::Reception::later) co_return give_up_older(entry);
    timer.expires_after(kRedraw);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

awaitable<void> Run::listen_to_commands() {
  try {
    co_await worker_.commands.run();
  } catch (...) {
    fail();
  }
}

// The first signal lets what is under way come to its end; the second one gives it up. Nothing is lost by
// either.
awaitable<void> Run::wait_for_signals() {
  co_await signals_.async_wait(asio::use_awaitable);
  interrupted_ = true;
  if (worker_.scheduler.steps_running() > 0)
    display_.say(fmt::format("stopping when the {} steps under way have ended; once more to give them up",
                             worker_.scheduler.steps_running()));
  stop();
  co_await signals_.async_wait(asio::use_awaitable);
  worker_.give_up();
}

awaitable<void> Run::keep_drawing() {
  asio::steady_timer timer(worker_.loop);
  while (true) {
    display_.draw(progress());
    timer.expires_after(kRedraw);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

Progress Run::progress() {
  Progress now{.waiting = tally_.count(Stage::waiting),
               .parsing = tally_.count(Stage::parsing),
               .delivered = tally_.count(Stage::delivered),
               .failed = tally_.count(Stage::failed),
               // Base64 has four bytes for three.
               .bytes_sent = worker_.engine.body_bytes_sent() / 4 * 3,
               .bytes_to_send = tally_.bytes_to_send(),
               .work_left = tally_.work(Stage::waiting) + tally_.work(Stage::parsing),
               .work_ended = tally_.work_ended() - std::min(work_ended_before_, tally_.work_ended()),
               .ended_here = tally_.ended() - std::min(ended_before_, tally_.ended()),
               .elapsed = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - began_)};
  for (int i = 0; i < pipeline::kPauseCount && now.paused.empty(); ++i)
    if (const auto pause = static_cast<pipeline::Pause>(i); worker_.scheduler.is_paused(pause))
      now.paused = to_string(pause);
  now.left = estimate_.look(now);
  return now;
}

void Run::on_transition(State, const Job& after) {
  if (const Tally::Entry* ended = tally_.heard(after)) display_.ended(*ended);
  end_if_over();
}

// Where waiting helps the bar tells; a refused key does not become a good one while this runs.
void Run::on_pause(pipeline::Pause pause, bool paused) {
  if (!paused) return;
  if (pause != pipeline::Pause::auth)
    return display_.say(
        fmt::format("submits are paused ({}); they go on by themselves when that is over", to_string(pause)));
  failure_ = std::make_exception_ptr(
      UserError(ExitCode::no_permission, fmt::format("{} refuses the API key; put a valid one into "
                                                     "$CHUNKRD_API_KEY, or api.key_file of the configuration",
                                                     settings_.api.url)));
  stop();
}

void Run::end_if_over() {
  if (all_taken_in_ && tally_.all_ended()) stop();
}

void Run::stop() {
  if (std::exchange(stopping_, true)) return;
  last_resort_.begin();
  worker_.stop(settings_.shutdown_timeout);
}

// The queue itself: nothing may go on without it.
void Run::fail() {
  if (!failure_) failure_ = std::current_exception();
  stop();
}

}  // namespace chunkrd::cli::process
