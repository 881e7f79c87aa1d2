#pragma once

#include <filesystem>
#include <string>

#include "cli/process/progress_line.h"
#include "cli/process/tally.h"
#include "cli/terminal.h"

namespace chunkrd::cli::process {

/// What a person, or a program, sees of the run: a line for each document that has come to its end, and on a
/// terminal a progress bar below them. `quiet`: only what has failed, and remarks.
class Display {
 public:
  enum class Format { text, json, quiet };

  Display(Format format, std::filesystem::path out);

  /// Delivered: on standard output; failed: on standard error. JSON: an object a line on standard output.
  void ended(const Tally::Entry& entry) { tell(entry, When::now); }
  /// An earlier run had delivered it; `service`: another one than this run's had parsed it, empty if not.
  void had_ended(const Tally::Entry& entry, const std::string& service) {
    tell(entry, When::before, service);
  }

  /// Draws the bar anew. Nothing where standard error is no terminal.
  void draw(const Progress& progress);

  /// A remark on standard error.
  void say(const std::string& remark);

  /// The last word; the bar is gone then.
  void sum_up(const Tally& tally, Duration took);

 private:
  enum class When { now, before };
  void tell(const Tally::Entry& entry, When when, const std::string& service = {});
  void clear();
  std::filesystem::path result_of(const queue::Job& job) const;
  std::filesystem::path report_of(const queue::Job& job) const;

  const Format format_;
  const std::filesystem::path out_;
  const Terminal errors_ = Terminal::of(stderr), output_ = Terminal::of(stdout);
  bool drawn_ = false;
};

/// Below the output folder: where documents that failed lie, with their reports.
inline constexpr const char* kFailedFolder = "failed";

}  // namespace chunkrd::cli::process
