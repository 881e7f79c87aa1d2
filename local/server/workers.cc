#include "local/server/workers.h"

#include <fcntl.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "local/server/output_file.h"
#include "local/server/parser_process.h"
#include "local/server/trouble.h"

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;

/// After so many starts a task that never ended is given up: it may be what ended this program.
constexpr int kAttemptsMax = 10;
constexpr std::size_t kErrorTextBytesMax = 2000;
constexpr std::chrono::milliseconds kHouseEvery{1000};
constexpr const char* kCrashed = "Parser crashed";
constexpr const char* kTimedOut = "Task timed out";
constexpr const char* kDiskFull =
    "The disk of the machine that runs chunkr-local is full: free some space, then try again";
constexpr const char* kShortage = "The machine that runs chunkr-local is short of something: try again later";
constexpr const char* kNotInstalled =
    "A program that parsing needs is not installed on the machine that runs chunkr-local: its log names it";

WallTime now() {
  return std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now());
}

/// contract: expires_in counts from the end of processing.
std::optional<WallTime> expiry(const Task& task, WallTime finished_at) {
  const json::value configuration = json::parse(task.configuration);
  const auto* const seconds = configuration.get_object().if_contains("expires_in");
  if (seconds == nullptr || !seconds->is_int64()) return std::nullopt;
  return finished_at + std::chrono::seconds(seconds->get_int64());
}

std::string order_text(const Task& task, const std::filesystem::path& input,
                       const std::filesystem::path& output) {
  return json::serialize(json::object{{"input", input.string()},
                                      {"file_name", task.file_name},
                                      {"configuration", json::parse(task.configuration)},
                                      {"output", output.string()}});
}

/// What the parser has left in error.txt: one line of text, `otherwise` if there is none.
std::string error_text(std::optional<StoredFile> file, const char* otherwise) {
  std::string text;
  if (file) file_source(std::move(*file), 0, kErrorTextBytesMax)->next(text);
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text.empty() ? otherwise : harmless(text);
}

/// A result without a parser: one text segment that holds the file's name.
std::string fake_output(const Task& task) {
  const json::object segment{
      {"bbox", {{"height", 20}, {"left", 72}, {"top", 72}, {"width", 400}}},
      {"confidence", 1.0},
      {"content", task.file_name},
      {"html", "<p>" + task.file_name + "</p>"},
      {"image", nullptr},
      {"llm", nullptr},
      {"markdown", task.file_name},
      {"ocr", nullptr},
      {"page_height", 842},
      {"page_number", 1},
      {"page_width", 595},
      {"segment_id", make_uuid()},
      {"segment_type", "Text"},
  };
  return json::serialize(
      json::object{{"page_count", 1},
                   {"chunks", json::array{json::object{{"chunk_id", make_uuid()},
                                                       {"chunk_length", 1},
                                                       {"embed", task.file_name},
                                                       {"segments", json::array{segment}}}}}});
}

}  // namespace

struct Workers::Outcome {
  enum class Kind { succeeded, failed, timed_out, interrupted, put_off };
  Kind kind = Kind::failed;
  std::string message = {};  ///< of failed
  Output output = {};        ///< of succeeded
};

Workers::Workers(const Options& options, Store& store, const Folders& folders, Rules& rules)
    : options_(options),
      store_(store),
      folders_(folders),
      rules_(rules),
      stop_event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!stop_event_) throw std::system_error(errno, std::generic_category(), "eventfd");
  for (unsigned i = 0; i < options_.workers; ++i) threads_.emplace_back([this] { work(); });
  threads_.emplace_back([this] { keep_house(); });
}

Workers::~Workers() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(stop_event_.get(), &one, sizeof one);
  queued_.notify_all();
  stopped_.notify_all();
  for (auto& thread : threads_) thread.join();
}

void Workers::wake() {
  {
    const std::scoped_lock lock(mutex_);
    ++wakes_;
  }
  queued_.notify_one();
}

void Workers::work() {
  std::uint64_t seen = 0;
  std::string told;
  while (true) {
    {
      const std::scoped_lock lock(mutex_);
      if (stopping_) return;
      seen = wakes_;
    }
    try {
      const bool has_worked = take_one();
      told.clear();
      if (has_worked) continue;
    } catch (const std::exception& error) {
      if (std::exchange(told, error.what()) != error.what()) {
        spdlog::error("a task cannot be taken, which is tried again: {}", error.what());
      }
      if (!pause(kHouseEvery)) return;
      continue;
    }
    std::unique_lock lock(mutex_);
    queued_.wait(lock, [&] { return stopping_ || wakes_ != seen; });
  }
}

void Workers::keep_house() {
  auto next_purge = std::chrono::steady_clock::now() + options_.purge_every;
  const auto rest = std::min(kHouseEvery, options_.purge_every);
  while (pause(rest)) {
    try {
      for (const auto& id : store_.stuck(now() - options_.parser_limits.time)) {
        store_.fail(id, kTimedOut, std::nullopt, std::nullopt);
      }
      if (std::chrono::steady_clock::now() < next_purge) continue;
      for (const auto& id : store_.purge(now())) folders_.remove_task(id);
      next_purge = std::chrono::steady_clock::now() + options_.purge_every;
    } catch (const std::exception& error) {
      spdlog::error("expired tasks could not be removed: {}", error.what());
    }
  }
}

bool Workers::take_one() {
  std::optional<Task> task;
  ParseEffect effect;
  {
    const std::scoped_lock lock(take_mutex_);
    task = store_.next_queued();
    if (!task) return false;
    if (task->status == Status::Cancelled) {
      store_.revert(task->id);
      return true;
    }
    effect = rules_.for_parse({.operation = task->is_update ? Operation::update : Operation::create,
                               .task_id = task->id,
                               .file_name = task->file_name});
    const bool stays = effect.kind == ParseEffect::Kind::stay;
    if (!stays || effect.status == Status::Processing) {
      if (!store_.start(task->id, now())) return true;
    }
    if (stays) {
      store_.hold(task->id);
      return true;
    }
  }
  task->attempts += 1;
  run(*task, effect);
  return true;
}

void Workers::run(const Task& task, const ParseEffect& effect) {
  if (task.attempts > kAttemptsMax) {
    write_down(task, {.kind = Outcome::Kind::failed, .message = kCrashed});
    return;
  }
  const std::string run_name = "run-" + make_uuid();
  Outcome outcome;
  try {
    outcome = parse(task, effect, run_name);
  } catch (const std::exception& error) {
    spdlog::error("task {}: {}", task.id, error.what());
    outcome = outcome_of(error);
  }
  // First what may make room for the rest.
  const bool has_succeeded = outcome.kind == Outcome::Kind::succeeded;
  if (!has_succeeded) remove_other_runs(task, task.output.run);
  write_down(task, outcome);
  if (has_succeeded) remove_other_runs(task, run_name);
  if (outcome.kind == Outcome::Kind::put_off) pause(kHouseEvery);
}

/// A shortage passes; a full disk may not, and then whoever asked should know.
Workers::Outcome Workers::outcome_of(const std::exception& error) {
  switch (trouble_of(error)) {
    case Trouble::full_disk:
      return {.kind = Outcome::Kind::failed, .message = kDiskFull};
    case Trouble::shortage:
      return {.kind = Outcome::Kind::put_off};
    case Trouble::none:
      break;
  }
  return {.kind = Outcome::Kind::failed, .message = kCrashed};
}

/// A task whose end cannot be written down would be Processing for ever: it is tried until it can.
void Workers::write_down(const Task& task, const Outcome& outcome) {
  std::string told;
  while (true) {
    try {
      return finish(task, outcome);
    } catch (const std::exception& error) {
      if (std::exchange(told, error.what()) != error.what()) {
        spdlog::error("task {}: its end cannot be written down, which is tried again: {}", task.id,
                      error.what());
      }
    }
    if (!pause(kHouseEvery)) return;  // the next start parses it again
  }
}

/// Also what a run left behind that ended with this program.
void Workers::remove_other_runs(const Task& task, const std::string& kept) const {
  std::error_code ec;
  for (std::filesystem::directory_iterator entry(folders_.task(task.id), ec), end; !ec && entry != end;
       entry.increment(ec)) {
    const std::string name = entry->path().filename();
    std::error_code gone;
    if (name.starts_with("run-") && name != kept) std::filesystem::remove_all(entry->path(), gone);
  }
}

Workers::Outcome Workers::parse(const Task& task, const ParseEffect& effect, const std::string& run_name) {
  const auto folder = folders_.run(task.id, run_name);
  std::filesystem::create_directories(folder);
  if (!pause(effect.delay)) return {.kind = Outcome::Kind::interrupted};
  switch (effect.kind) {
    case ParseEffect::Kind::fail:
      return {.kind = Outcome::Kind::failed, .message = effect.message};
    case ParseEffect::Kind::crash:
      return {.kind = Outcome::Kind::failed, .message = kCrashed};
    case ParseEffect::Kind::fake_text: {
      const auto file = folder / "output.json";
      const auto out = durable::open(file, O_WRONLY | O_CREAT | O_EXCL, 0600);
      durable::write_all(out.get(), fake_output(task), file);
      break;
    }
    case ParseEffect::Kind::real:
    case ParseEffect::Kind::stay: {
      const Outcome outcome = parse_in_process(task, folder);
      if (outcome.kind != Outcome::Kind::succeeded) return outcome;
      break;
    }
  }
  auto file = folders_.open(task.id, run_name + "/output.json");
  auto output = file ? inspect_output(std::move(*file)) : std::nullopt;
  if (!output) return {.kind = Outcome::Kind::failed, .message = kCrashed};
  output->run = run_name;
  return {.kind = Outcome::Kind::succeeded, .output = *output};
}

Workers::Outcome Workers::parse_in_process(const Task& task, const std::filesystem::path& folder) {
  const auto order = folder / "order.json";
  {
    const auto out = durable::open(order, O_WRONLY | O_CREAT | O_EXCL, 0600);
    durable::write_all(out.get(), order_text(task, folders_.input(task.id), folder), order);
  }
  const ParserEnd end = run_parser(options_.parser, order, folder, options_.parser_limits, stop_event_.get(),
                                   [&](const std::string& line) { tell(task, line); });
  const auto failed = [&](const char* otherwise) -> Outcome {
    const auto file = folder.filename().string() + "/error.txt";
    return {.kind = Outcome::Kind::failed, .message = error_text(folders_.open(task.id, file), otherwise)};
  };
  switch (end) {
    case ParserEnd::succeeded:
      return {.kind = Outcome::Kind::succeeded};
    case ParserEnd::refused:
      return failed(kCrashed);
    case ParserEnd::not_installed:
      return failed(kNotInstalled);
    case ParserEnd::shortage:
      return failed(kShortage);
    case ParserEnd::crashed:
      return {.kind = Outcome::Kind::failed, .message = kCrashed};
    case ParserEnd::timed_out:
      return {.kind = Outcome::Kind::timed_out};
    case ParserEnd::interrupted:
      return {.kind = Outcome::Kind::interrupted};
  }
  return {};
}

void Workers::finish(const Task& task, const Outcome& outcome) {
  const WallTime time = now();
  if (outcome.kind == Outcome::Kind::interrupted || outcome.kind == Outcome::Kind::put_off) {
    store_.put_back(task.id);
    return;
  }
  if (outcome.kind == Outcome::Kind::succeeded) {
    store_.finish_up(task.id, time);
    store_.succeed(task.id, outcome.output, expiry(task, time));
    return;
  }
  spdlog::info("task {}: {}", task.id,
               outcome.kind == Outcome::Kind::timed_out ? kTimedOut : outcome.message.c_str());
  if (task.is_update) {
    store_.revert(task.id);
  } else if (outcome.kind == Outcome::Kind::timed_out) {
    store_.fail(task.id, kTimedOut, std::nullopt, std::nullopt);
  } else {
    store_.fail(task.id, outcome.message, time, expiry(task, time));
  }
}

void Workers::tell(const Task& task, const std::string& message) {
  // A parser's line may be cut within a character, or hold anything: only text goes to clients.
  json::error_code ec;
  const auto checked = json::parse("\"" + message + "\"", ec);
  if (ec || !checked.is_string()) return;
  try {
    store_.report(task.id, message);
  } catch (const std::exception& error) {
    spdlog::debug("task {}: progress is not told: {}", task.id, error.what());
  }
}

bool Workers::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  return !stopped_.wait_for(lock, time, [&] { return stopping_; });
}

}  // namespace chunkrd::local::server
