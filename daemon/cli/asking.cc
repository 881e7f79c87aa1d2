#include "cli/asking.h"

#include <sys/stat.h>

#include <thread>

#include "cli/open_queue.h"
#include "cli/state_lock.h"
#include "pipeline/commands.h"

namespace chunkrd::cli {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookAgain = 20ms;

std::pair<std::uint64_t, std::uint64_t> file_of(const config::Settings& settings) {
  struct stat status{};
  if (::stat(queue_file(settings).c_str(), &status) != 0) return {};
  return {status.st_dev, status.st_ino};
}

}  // namespace

Asking::Asking(const config::Settings& settings)
    : settings_(settings),
      store_(new queue::SqliteStore(open_queue(settings, queue::Access::change))),
      file_(file_of(settings)),
      daemon_runs_(StateLock::is_held(settings.state)) {}

void Asking::open_anew_if_replaced() {
  const auto now = file_of(settings_);
  if (now == file_) return;
  store_.reset(new queue::SqliteStore(open_queue(settings_, queue::Access::change)));
  file_ = now;
}

std::optional<queue::CommandAnswer> Asking::ask(queue::CommandKind kind, const std::string& job,
                                                const std::string& arguments, Duration patience) {
  queue::Command command{.seq = 0, .asked_at = {}, .kind = kind, .job = job, .arguments = arguments};
  const auto carry_out = [&] {
    return pipeline::carry_out_at_rest(*store_, command, mark_now(store_->clock()));
  };
  {
    const auto lock = CommandLock::unless_daemon_runs(settings_.state);
    daemon_runs_ = !lock;
    open_anew_if_replaced();
    command.asked_at = mark_now(store_->clock()).date;
    command.seq = store_->ask(command);
    if (lock) return carry_out();
  }
  // Another process answers: there is nothing to wait on but its answer, or its end.
  const auto until = std::chrono::steady_clock::now() + patience;
  while (true) {
    if (auto answer = store_->answer_of(command.seq)) return answer;
    if (const auto lock = CommandLock::unless_daemon_runs(settings_.state)) {
      daemon_runs_ = false;
      if (auto answer = store_->answer_of(command.seq)) return answer;
      return carry_out();
    }
    if (std::chrono::steady_clock::now() >= until) return std::nullopt;
    std::this_thread::sleep_for(kLookAgain);
  }
}

std::optional<queue::CommandAnswer> Asking::ask(const std::string& job, const pipeline::lifecycle::Wish& wish,
                                                Duration patience) {
  return ask(pipeline::kind_of(wish), job, pipeline::arguments_of(wish), patience);
}

}  // namespace chunkrd::cli
