#include "cli/asking.h"

#include <thread>

#include "cli/open_queue.h"
#include "core/errors.h"
#include "pipeline/commands.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

// Nothing when a daemon holds it.
std::optional<StateLock> lock_of(const config::Settings& settings) {
  open_queue(settings, queue::Access::read);  // where there is no queue there is nothing to lock
  try {
    return StateLock(settings.state);
  } catch (const UserError& error) {
    if (error.code() != ExitCode::already_runs) throw;
    return std::nullopt;
  }
}

}  // namespace

Asking::Asking(const config::Settings& settings)
    : lock_(lock_of(settings)), store_(open_queue(settings, queue::Access::change)) {}

std::optional<queue::CommandAnswer> Asking::ask(queue::CommandKind kind, const std::string& job,
                                                const std::string& arguments, Duration patience) {
  const Mark now = mark_now(store_.clock());
  queue::Command command{.seq = 0, .asked_at = now.date, .kind = kind, .job = job, .arguments = arguments};
  command.seq = store_.ask(command);
  if (lock_) return pipeline::carry_out_at_rest(store_, command, now);
  // Another process answers: there is nothing to wait on but its answer.
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (auto answer = store_.answer_of(command.seq)) return answer;
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(20ms);
  }
}

std::optional<queue::CommandAnswer> Asking::ask(const std::string& job, const pipeline::lifecycle::Wish& wish,
                                                Duration patience) {
  return ask(pipeline::kind_of(wish), job, pipeline::arguments_of(wish), patience);
}

}  // namespace chunkrd::cli
