#include "cli/events.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json.hpp>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include "cli/job_text.h"
#include "cli/open_queue.h"
#include "cli/print.h"
#include "cli/times.h"
#include "config/reader.h"
#include "core/escape.h"
#include "core/iso_time.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;
using queue::Ending;
using namespace std::chrono_literals;

// So many are in memory at once, however long the list is.
constexpr std::size_t kPage = 200;
constexpr auto kLookEvery = 250ms;

struct Options {
  std::filesystem::path config_file;
  std::string after, since;
  std::size_t limit = 0;
  bool json = false, follow = false;
};

/// The queue's file, and whether another one was put in its place.
class QueueFile {
 public:
  explicit QueueFile(std::filesystem::path file) : file_(std::move(file)), seen_(look()) {}

  bool is_another() const {
    const auto now = look();
    return now && seen_ && (now->first != seen_->first || now->second != seen_->second);
  }

 private:
  std::optional<std::pair<dev_t, ino_t>> look() const {
    struct stat status{};
    if (::stat(file_.c_str(), &status) != 0) return std::nullopt;
    return std::pair(status.st_dev, status.st_ino);
  }

  std::filesystem::path file_;
  std::optional<std::pair<dev_t, ino_t>> seen_;
};

// A number is one of this queue: what a script that counts by itself would say.
std::int64_t number_after(const std::string& cursor, queue::Store& store) {
  if (cursor == "now") return store.newest_ending();
  const std::size_t dot = cursor.find('.');
  const std::string queue = dot == std::string::npos ? "" : cursor.substr(0, dot);
  const char* const begin = cursor.data() + (dot == std::string::npos ? 0 : dot + 1);
  const char* const end = cursor.data() + cursor.size();
  std::int64_t number = -1;
  const auto [rest, error] = std::from_chars(begin, end, number);
  if (error != std::errc() || rest != end || number < 0)
    throw UserError(
        ExitCode::usage,
        fmt::format("--after: \"{}\" is no cursor; give one as `chunkrd events` has printed it, or "
                    "0 for the beginning, or now",
                    printable(cursor)));
  if (!queue.empty() && queue != store.queue_id())
    throw UserError(
        ExitCode::no_input,
        fmt::format("--after: {} is of another queue; this one ({}) was made anew since: go on with "
                    "--after 0, and compare",
                    printable(cursor), store.queue_id()));
  if (number > store.newest_ending())
    throw UserError(ExitCode::no_input,
                    fmt::format("--after: {} has not come yet: the newest is {}.{}", printable(cursor),
                                store.queue_id(), store.newest_ending()));
  return number;
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::object ending_json(const Ending& ending, const std::string& cursor, Duration ahead) {
  const queue::Job& job = ending.job;
  json::object object;
  object["cursor"] = cursor;
  object["at"] = to_iso(ending.at + ahead);
  object["state"] = to_string(job.state);
  object["id"] = job.id;
  object["name"] = printable(job.name);
  object["inbox"] = printable(job.inbox);
  object["found_at"] = to_iso(job.found_at + ahead);
  object["profile"] = job.profile;
  object["size_bytes"] = job.size_bytes;
  object["sha256"] = text_or_null(job.sha256);
  object["pages"] = job.pages ? json::value(*job.pages) : json::value(nullptr);
  object["task_id"] = text_or_null(job.task_id);
  object["revision"] = job.revision;
  object["outbox"] = text_or_null(printable(job.outbox));
  object["delivered_name"] = text_or_null(printable(job.delivered_name));
  object["error"] = nullptr;
  if (!job.error_code.empty())
    object["error"] = {
        {"stage", job.error_stage}, {"code", job.error_code}, {"message", valid_utf8(job.error_message)}};
  return object;
}

std::string ending_text(const Ending& ending, const std::string& cursor, Duration ahead) {
  const queue::Job& job = ending.job;
  std::string text = fmt::format("{}  {}  {:<9}  {}", for_people(ending.at + ahead), cursor,
                                 to_string(job.state), printable(job.name));
  if (!job.error_code.empty()) text += fmt::format("  {}: {}", job.error_code, harmless(job.error_message));
  return text;
}

/// Prints what has ended, page by page.
class Reading {
 public:
  Reading(queue::Store& store, const Options& options)
      : store_(store), options_(options), queue_id_(store.queue_id()), ahead_(ahead_of(store)) {
    if (!options.since.empty()) {
      since_ = moment_from(options.since,
                           std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
      if (!since_)
        throw UserError(
            ExitCode::usage,
            fmt::format("--since: \"{}\" is no time; write 30m, 2h, 7d, 2026-11-01 or 2026-11-01T09:30",
                        printable(options.since)));
    }
    if (!options.after.empty()) at_ = number_after(options.after, store);
    tell_of_gap();
  }

  /// False once nobody wants to have more.
  bool go_on() {
    while (true) {
      const auto page = store_.endings(at_, kPage);
      if (page.empty()) return true;
      ahead_ = ahead_of(store_);
      for (const Ending& ending : page) {
        at_ = ending.seq;
        if (since_ && ending.at + ahead_ < *since_) continue;
        print(ending);
        if (options_.limit > 0 && ++printed_ == options_.limit) return false;
      }
      if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) return false;
    }
  }

 private:
  void print(const Ending& ending) const {
    const std::string cursor = fmt::format("{}.{}", queue_id_, ending.seq);
    put("{}\n", options_.json ? json::serialize(ending_json(ending, cursor, ahead_))
                              : ending_text(ending, cursor, ahead_));
  }

  // Nobody shall believe that he has read everything.
  void tell_of_gap() const {
    if (options_.after.empty() || at_ == 0) return;
    const std::int64_t oldest = store_.oldest_ending();
    const std::int64_t first = oldest > 0 ? oldest : store_.newest_ending() + 1;
    if (first > at_ + 1)
      put_to(stderr, "chunkrd: {} ends after {} are forgotten (retention.events_after, events_keep)\n",
             first - at_ - 1, options_.after);
  }

  queue::Store& store_;
  const Options& options_;
  std::string queue_id_;
  Duration ahead_;
  std::optional<WallTime> since_;
  std::int64_t at_ = 0;
  std::size_t printed_ = 0;
};

ExitCode run(const Options& options) {
  const config::Settings settings = config::read_settings(options.config_file);
  const QueueFile file(queue_file(settings));
  auto store = open_queue(settings, queue::Access::read);
  Reading reading(store, options);
  if (!reading.go_on() || !options.follow) return ExitCode::ok;
  while (!nobody_reads(stdout)) {
    if (file.is_another())
      throw UserError(ExitCode::no_input,
                      fmt::format("queue: {}: another queue was put in its place; begin anew",
                                  printable(queue_file(settings).native())));
    std::this_thread::sleep_for(kLookEvery);
    if (!reading.go_on()) break;
  }
  return ExitCode::ok;
}

}  // namespace

Command add_events(CLI::App& program) {
  CLI::App* parser =
      add_parser(program, "events", "Tell which documents have ended, oldest first, and go on telling",
                 "events --since 2h\n"
                 "events --follow --json\n"
                 "events --follow --json --after 5f0c2a91.1734");
  auto options = std::make_shared<Options>();
  add_config_option(*parser, options->config_file);
  parser
      ->add_option(
          "--after", options->after,
          "Only what ended after this cursor, as it was printed; 0: from the beginning; now: what comes")
      ->type_name("CURSOR");
  parser
      ->add_option("--since", options->since,
                   "Only what ended since then: 30m, 2h, 7d ago, 2026-11-01 or 2026-11-01T09:30 (UTC)")
      ->type_name("TIME");
  add_limit_option(*parser, options->limit, "End after so many; 0: however many there are");
  parser->add_flag("-f,--follow", options->follow, "Go on with each document that ends, until interrupted");
  add_json_option(*parser, options->json);
  return {parser, [options] { return run(*options); }};
}

}  // namespace chunkrd::cli
