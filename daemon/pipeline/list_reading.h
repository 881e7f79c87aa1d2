#pragma once

#include <optional>
#include <set>
#include <string>

#include "core/clock.h"
#include "taskapi/client.h"

namespace chunkrd::pipeline {

/// A reading of the service's task list, page by page: what to ask for next, and whether that was enough to
/// say that what was not met is not there. The contract's list is read by numbered pages: it says newest
/// first and has no end but an empty page, but it shifts while it is read, pages may be shorter than asked
/// for, and nobody promises its order. Later servers have a cursor instead, and an end. Pure.
class ListReading {
 public:
  /// Of the whole list, `limit` tasks at a time.
  explicit ListReading(int limit);

  /// Only back to what was made `back` ago (`now` by our clock), and a margin. Where the list has numbered
  /// pages, its second reading is of page `go_on`.
  ListReading(int limit, WallTime now, Duration back, int go_on = 2);

  /// What to ask for now.
  taskapi::ListQuery next() const;

  /// The answer to that.
  void add(const taskapi::TaskPage& page);

  /// How many pages there are down to the last one that was added.
  int page() const { return page_; }
  /// It is read by cursors: a later reading cannot go on in the middle.
  bool is_by_cursor() const { return by_cursor_; }

  /// The list has ended (by numbered pages: two in a row are empty, because broken tasks are dropped from
  /// full ones; or there are no pages, and all of it comes each time), or all of a page is older than what is
  /// looked for. Time says nothing in a list that is not in its order.
  bool is_enough() const { return ended_ || time_is_passed_; }

  /// Several pages in a row showed nothing that was not on those before: there is no getting further. Nor is
  /// there where the service says that there is more, and gives no way to it.
  bool is_stuck() const { return !is_enough() && (is_repeated() || is_cut_); }
  /// For people, if it is.
  const char* why_stuck() const;

 private:
  bool is_repeated() const { return repeated_in_a_row_ >= 3; }
  bool is_all_on_each_page() const;
  void look_at_end(const taskapi::TaskPage& page);
  void look_at_order(const taskapi::Task& task);
  void look_at_time(const taskapi::TaskPage& page);
  void go_on_after(const taskapi::TaskPage& page, bool has_new);

  int limit_;
  std::optional<WallTime> now_;  ///< none: all of it is read
  Duration back_ = Duration::zero();
  int go_on_ = 2;
  std::optional<WallTime> bound_;  ///< what is older does not matter
  std::optional<WallTime> oldest_;
  std::set<std::string> met_;          ///< ids
  std::optional<std::string> cursor_;  ///< of what is asked for now
  int page_ = 0;
  std::size_t on_first_page_ = 0;
  bool by_cursor_ = false, is_cut_ = false, ended_ = false;
  bool in_order_ = true, time_is_passed_ = false;
  int empty_in_a_row_ = 0, repeated_in_a_row_ = 0;
};

/// How many tasks to ask for on a page. Each reading has its seams elsewhere: what slips through one of them,
/// because a newer task was deleted just then, is met by the next reading.
int tasks_a_page(int reading);

}  // namespace chunkrd::pipeline
