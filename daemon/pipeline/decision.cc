#include "pipeline/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "core/errors.h"
#include "core/ids.h"
#include "core/sha256.h"

namespace chunkrd::pipeline::lifecycle {

using queue::Job;
using queue::State;
using taskapi::NoAnswer;
using taskapi::Refusal;

Decision wait(const Job& job, State state, std::string what, std::string detail, Signal signal,
              const Moment& moment, const Policy& policy) {
  const int failures = job.transient_failures;
  const Duration asked_for = std::min(signal.wait.value_or(Duration::zero()), policy.retry_after_ceiling);
  const Duration pause = std::max(asked_for, backoff(policy, failures, moment.jitter));
  Job after = moved(job, state, moment.now + pause);
  after.transient_failures = std::min(failures + 1, 1000);
  return decide(job, std::move(after), std::move(what), std::move(detail), signal);
}

Decision bury(const Job& job, std::string stage, std::string code, std::string message, const Moment& moment,
              Signal signal) {
  if (!job.wanted_settings.empty()) {
    Decision kept = keep_old(job, code, message, moment);
    kept.signal = signal;
    return kept;
  }
  Job after = moved(job, State::burying, moment.now);
  fail_with(after, std::move(stage), std::move(code), std::move(message));
  std::string detail = fmt::format("{}: {}", after.error_code, after.error_message);
  return decide(job, std::move(after), "given_up", std::move(detail), signal);
}

Job with_own(Job job, const OwnSettings& own) {
  job.profile = own.profile;
  job.settings = own.settings;
  job.settings_hash = sha256_hex(own.settings);
  job.priority = own.priority;
  return job;
}

void fail_with(Job& job, std::string stage, std::string code, std::string message) {
  job.error_stage = std::move(stage);
  job.error_code = std::move(code);
  job.error_message = std::move(message);
}

Decision try_again_or_bury(const Job& job, std::string stage, std::string code, std::string message,
                           const Moment& moment, const Policy& policy) {
  Job counted = job;
  counted.attempts += 1;
  if (counted.attempts >= policy.attempts)
    return bury(counted, std::move(stage), std::move(code), std::move(message), moment, kReachable);
  Job after = submitted_anew(counted, moment.now);
  after.due = moment.now + backoff(policy, counted.attempts, moment.jitter);
  return decide(
      job, std::move(after), "try_again",
      fmt::format("attempt {} of {} came to nothing: {}", counted.attempts, policy.attempts, message),
      kReachable);
}

Decision give_up_task(const Job& job, std::string stage, std::string code, std::string message,
                      const Moment& moment) {
  Job counted = job;
  counted.attempts += 1;
  return bury(counted, std::move(stage), std::move(code), std::move(message), moment, kReachable);
}

Decision not_found(const Job& job, const Moment& moment, const Policy& policy) {
  if (job.not_found + 1 < policy.not_found_reads) {
    Job after = moved(job, job.state, moment.now + policy.not_found_spacing);
    after.not_found += 1;
    return decide(job, std::move(after), "not_found", "404: asked again before it counts");
  }
  // The list decides: reconcile finds the task by its tag, or counts it as lost. That there was one is known
  // by the task id, which stays in the row until then.
  Job after = moved(job, State::submitting, moment.now);
  after.not_found = after.polls = 0;
  return decide(job, std::move(after), "lost",
                fmt::format("task {} is not found {} times", job.task_id, policy.not_found_reads));
}

bool is_quota(const Refusal& refusal) {
  return refusal.http_status == 402 ||
         (refusal.http_status == 429 && refusal.text.find("Usage limit exceeded") != std::string::npos);
}

Signal signal_of(const Refusal& refusal) {
  if (is_quota(refusal)) return {Signal::Kind::over_quota, refusal.retry_after};
  if (refusal.http_status == 429) return {Signal::Kind::slow_down, refusal.retry_after};
  if (refusal.http_status == 401 || refusal.http_status == 403) return {Signal::Kind::refused_key, {}};
  return {Signal::Kind::trouble, refusal.retry_after};
}

Signal signal_of(const NoAnswer& failure) {
  if (failure.cause != NoAnswer::Cause::local_file) return {Signal::Kind::trouble, {}};
  return {is_full_disk(failure.local) ? Signal::Kind::disk_full : Signal::Kind::none, {}};
}

std::string describe(const Refusal& refusal) {
  return fmt::format("HTTP {}: {}", refusal.http_status, refusal.text.substr(0, 300));
}

std::string describe(const NoAnswer& failure) {
  return fmt::format("no answer: {}", failure.message);
}

std::string or_else(const std::string& text, std::string_view otherwise) {
  return text.empty() ? std::string(otherwise) : text;
}

std::vector<std::string> split(const std::string& text) {
  std::istringstream words(text);
  return {std::istream_iterator<std::string>(words), {}};
}

Job without_task(Job job) {
  if (!job.task_id.empty() && job.task_status != kDeleted) {
    if (!job.earlier_tasks.empty()) job.earlier_tasks += ' ';
    job.earlier_tasks += job.task_id;
  }
  job.tag.clear();
  job.task_id.clear();
  job.task_status.clear();
  job.intent_at.reset();
  job.submitted_at.reset();
  job.polls = job.not_found = job.empty_reads = 0;
  return job;
}

Job submitted_anew(const Job& job, WallTime now) {
  Job after = without_task(moved(job, State::ready, now));
  // Such a row has the tag of every attempt; one that was looked for since counts as a possible duplicate.
  if (job.tag != job_mark(job.id) || job.possible_duplicates > 0) return after;
  after.state = State::submitting;
  after.tag = job.tag;
  after.intent_at = job.intent_at;
  after.submitted_at = now;
  return after;
}

}  // namespace chunkrd::pipeline::lifecycle
