#include "cli/process/display.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <cstdio>

#include "cli/print.h"
#include "cli/times.h"
#include "core/counted.h"
#include "core/escape.h"

namespace chunkrd::cli::process {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;
using queue::Job;

std::string shown(const fs::path& path) {
  return printable(path.native());
}

const char* name_of(Stage stage) {
  switch (stage) {
    case Stage::delivered:
      return "delivered";
    case Stage::failed:
      return "failed";
    case Stage::waiting:
    case Stage::parsing:
      break;
  }
  return "left";
}

// What was paid for it, as far as that is known.
std::string cost_of(const Job& job) {
  if (!job.reused_from.empty()) return ", nothing paid: the same bytes were parsed before";
  return job.pages ? ", " + counted(*job.pages, "page") : "";
}

json::value error_json(const Job& job) {
  if (job.error_code.empty() && job.error_message.empty()) return nullptr;
  return json::object{
      {"stage", job.error_stage}, {"code", job.error_code}, {"message", valid_utf8(job.error_message)}};
}

}  // namespace

Display::Display(Format format, fs::path out) : format_(format), out_(std::move(out)) {}

fs::path Display::result_of(const Job& job) const {
  return out_ / (job.delivered_name + ".json");
}

fs::path Display::report_of(const Job& job) const {
  return out_ / kFailedFolder / (job.original_name + ".error.json");
}

void Display::tell(const Tally::Entry& entry, When when, const std::string& service) {
  clear();
  const Job& job = entry.job;
  const bool delivered = entry.stage == Stage::delivered;
  if (format_ == Format::json) {
    json::object object{{"document", shown(entry.document.shown)}, {"outcome", name_of(entry.stage)}};
    object["job"] = job.id.empty() ? json::value(nullptr) : json::value(job.id);
    object["result"] = delivered ? json::value(shown(result_of(job))) : json::value(nullptr);
    object["pages"] = job.pages ? json::value(*job.pages) : json::value(nullptr);
    object["reused"] = delivered && !job.reused_from.empty();
    object["before"] = when == When::before;
    object["service"] = service.empty() ? json::value(nullptr) : json::value(service);
    object["error"] = delivered ? json::value(nullptr) : error_json(job);
    put("{}\n", json::serialize(object));
  } else if (delivered) {
    if (format_ == Format::quiet) return;
    const std::string before = ", by an earlier run" + (service.empty() ? "" : " with " + service);
    put("{} {}: {}{}\n", output_.shown("delivered", Look::good), shown(entry.document.shown),
        shown(result_of(job)), when == When::before ? before : cost_of(job));
  } else {
    put_to(stderr, "{} {}: {}{}\n", errors_.shown("failed", Look::bad), shown(entry.document.shown),
           harmless(job.error_message), job.original_name.empty() ? "" : "; see " + shown(report_of(job)));
  }
  std::fflush(stdout);
}

void Display::say(const std::string& remark) {
  clear();
  put_to(stderr, "chunkrd: {}\n", remark);
}

void Display::draw(const Progress& progress) {
  if (!errors_.columns || format_ == Format::quiet) return;
  // The last column stays free: some terminals begin a new line with it.
  put_to(stderr, "\r{}\x1b[K", progress_line(progress, *errors_.columns - 1));
  std::fflush(stderr);
  drawn_ = true;
}

void Display::clear() {
  if (!drawn_) return;
  put_to(stderr, "\r\x1b[K");
  std::fflush(stderr);
  drawn_ = false;
}

void Display::sum_up(const Tally& tally, Duration took) {
  clear();
  const std::size_t left = tally.entries().size() - tally.ended();
  if (format_ == Format::json) {
    put("{}\n", json::serialize(json::object{{"summary", true},
                                             {"delivered", tally.count(Stage::delivered)},
                                             {"failed", tally.count(Stage::failed)},
                                             {"left", left},
                                             {"pages", tally.pages()},
                                             {"milliseconds", took.count()},
                                             {"out", shown(out_)}}));
    return;
  }
  if (format_ == Format::quiet) return;
  put("{} delivered, {} failed{}; {} in {}; results in {}\n", tally.count(Stage::delivered),
      tally.count(Stage::failed), left > 0 ? fmt::format(", {} left", left) : "",
      counted(tally.pages(), "page"), brief(took), shown(out_));
}

}  // namespace chunkrd::cli::process
