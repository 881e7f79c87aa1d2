#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/clock.h"
#include "taskapi/task.h"

namespace chunkrd::pipeline {

/// How far a reading of the service's task list has come, page by page: is it enough to say that what was not
/// met is not there? The list says newest first and has no end but an empty page (contract), but it shifts
/// while it is read, pages may be shorter than asked for, and nobody promises its order. Pure.
class ListReading {
 public:
  /// Back to what was made `back` ago (`now` by our clock), and a margin.
  ListReading(WallTime now, Duration back);

  /// The first page, then any later ones in their order.
  void add(const taskapi::TaskPage& page);

  /// Two pages in a row are empty (broken tasks are dropped from full pages), or all of a page is older than
  /// what is looked for. Time says nothing in a list that is not in its order.
  bool is_enough() const { return empty_in_a_row_ >= 2 || time_is_passed_; }

  /// Several pages in a row showed nothing that was not on those before: there is no getting further.
  bool is_stuck() const { return repeated_in_a_row_ >= 3; }

 private:
  void look_at_order(const taskapi::Task& task);

  WallTime now_;
  Duration back_;
  std::optional<WallTime> bound_;  ///< what is older does not matter
  std::optional<WallTime> oldest_;
  std::set<std::string> met_;  ///< ids
  bool in_order_ = true, time_is_passed_ = false;
  int empty_in_a_row_ = 0, repeated_in_a_row_ = 0;
};

/// How many tasks to ask for on a page. Each reading has its seams elsewhere: what slips through one of them,
/// because a newer task was deleted just then, is met by the next reading.
int tasks_a_page(int reading);

}  // namespace chunkrd::pipeline
