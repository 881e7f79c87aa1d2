// Looking for a task in lists as services may have them.
#include "pipeline/search.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/iso_time.h"
#include "tests/support/loop.h"
#include "tests/unit/pipeline/world.h"

namespace chunkrd::pipeline {
namespace {

using namespace std::chrono_literals;
using lifecycle::LookOn;
using lifecycle::NotListed;
using lifecycle::Search;
using taskapi::ListQuery;
using taskapi::Status;
using taskapi::Task;
using taskapi::TaskPage;
using taskapi::Unreadable;

constexpr const char* kTag = "0123456789abcdefghij";
const taskapi::Refusal kRefused{500, "no", {}, {}, true};

class ListTest : public testing::Test {
 protected:
  ListTest() {
    world_.service.on_list = [this](const ListQuery& query) {
      ++requests_;
      return page(query);
    };
    job_ = queue::found(1, now() - 1h);
    job_.state = queue::State::submitting;
    job_.tag = kTag;
    job_.intent_at = now() - 30min;
  }

  WallTime now() { return world_.clock.now(); }

  Task task(const std::string& id, Duration age, const std::string& name = "other.pdf") {
    Task task;
    task.task_id = id;
    task.created_at = now() - age;
    task.file_name = name;
    return task;
  }

  void others(int count, Duration newest, Duration oldest) {
    for (int i = 0; i < count; ++i)
      list_.push_back(task("other-" + std::to_string(list_.size()), newest + (oldest - newest) * i / count));
  }
  void ours(Duration age) { list_.push_back(task("ours", age, std::string("report-") + kTag + ".pdf")); }

  TaskPage page(const ListQuery& query) {
    const auto limit = static_cast<std::size_t>(std::min(query.limit, page_at_most_));
    const auto from = std::min(list_.size(), static_cast<std::size_t>(query.page - 1) * limit);
    TaskPage page;
    for (std::size_t i = from; i < std::min(list_.size(), from + limit); ++i) page.tasks.push_back(list_[i]);
    return page;
  }

  /// Looks as the scheduler has it done, until there is a verdict on all of the list.
  Search look(int looks_at_most = 20) {
    for (int i = 0; i < looks_at_most; ++i) {
      requests_ = 0;
      Search search = test::run(world_.loop, find_by_tag(job_, world_.context));
      EXPECT_LE(requests_, 50);
      job_ = lifecycle::after_reconcile(job_, search, {now(), 0.5, {}}, {}).transition.after;
      if (!std::holds_alternative<LookOn>(search)) return search;
    }
    return LookOn{};
  }

  static std::string name_of(const Search& search) {
    if (const auto* found = std::get_if<Task>(&search)) return found->task_id;
    if (std::holds_alternative<NotListed>(search)) return "not listed";
    if (std::holds_alternative<LookOn>(search)) return "look on";
    if (const auto* text = std::get_if<Unreadable>(&search)) return "unreadable: " + text->message;
    return "no list";
  }

  SmallWorld world_;
  queue::Job job_;
  std::vector<Task> list_;
  int page_at_most_ = 1000;
  int requests_ = 0;
};

TEST_F(ListTest, ATaskBehindTwentyThousandNewerOnesIsFoundAndNoLookIsLong) {
  others(25'000, 1s, 29min);
  ours(29min);
  others(100, 30min, 24h);
  EXPECT_EQ(name_of(look()), "ours");
}

// The tag of a row that was made again is that of every attempt.
TEST_F(ListTest, ATaskThatIsKnownToHaveComeToNothingIsNotWhatIsLookedFor) {
  ours(5min);
  list_.front().status = Status::Failed;
  job_.earlier_tasks = "before ours";
  EXPECT_EQ(name_of(look(1)), "not listed");
  job_.earlier_tasks = "before";
  EXPECT_EQ(name_of(look(1)), "ours");
}

TEST_F(ListTest, NotListedIsSaidOnlyWhereTheSubmitsTimeIsPassed) {
  others(25'000, 1s, 29min);
  others(5'000, 45min, 24h);
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "look on");
  EXPECT_EQ(name_of(look()), "not listed");
}

TEST_F(ListTest, ShortPagesAreReadOn) {
  page_at_most_ = 7;
  others(300, 1s, 29min);
  ours(29min);
  EXPECT_EQ(name_of(look()), "ours");
}

TEST_F(ListTest, OneRequestInFiveThatFailsKeepsNoLookFromItsEnd) {
  for (const bool is_there : {false, true}) {
    list_.clear();
    others(350, 1s, 29min);
    if (is_there) ours(29min);
    int asked = 0;
    world_.service.on_list = [&](const ListQuery& query) -> taskapi::Answer<TaskPage> {
      if (++asked % 5 == 0) return kRefused;
      return page(query);
    };
    EXPECT_EQ(name_of(look(3)), is_there ? "ours" : "not listed");
  }
}

TEST_F(ListTest, ALookWhoseLastRequestFailsGoesOnAndSaysNothingOfAbsence) {
  page_at_most_ = 2;
  others(300, 1s, 29min);
  int asked = 0;
  world_.service.on_list = [&](const ListQuery& query) -> taskapi::Answer<TaskPage> {
    if (++asked == 50) return kRefused;
    return page(query);
  };
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "look on");
}

TEST_F(ListTest, APageThatFailsTwiceEndsTheLook) {
  others(350, 1s, 29min);
  int asked = 0;
  world_.service.on_list = [&](const ListQuery& query) -> taskapi::Answer<TaskPage> {
    if (++asked > 2) return kRefused;
    return page(query);
  };
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "no list");
  EXPECT_EQ(asked, 4);
}

TEST_F(ListTest, AListThatIgnoresThePageIsNoProofOfAbsence) {
  others(150, 1s, 20min);
  world_.service.on_list = [this](ListQuery query) {
    query.page = 1;
    return page(query);
  };
  EXPECT_TRUE(name_of(look()).starts_with("unreadable")) << name_of(look());
}

TEST_F(ListTest, AServiceWithoutPagesShowsAllThatItHas) {
  others(8, 1s, 20min);
  world_.service.on_list = [this](ListQuery query) {
    query.page = 1;
    return page(query);
  };
  EXPECT_EQ(name_of(look()), "not listed");
  ours(21min);
  EXPECT_EQ(name_of(look()), "ours");
}

// As servers do it whose cursor is a time: what follows is older than it, and `page` is not looked at.
class CursorListTest : public ListTest {
 protected:
  CursorListTest() {
    world_.service.on_list = [this](const ListQuery& query) {
      ++requests_;
      TaskPage page{.tasks = {}, .odd = {}, .by_cursor = true};
      for (const Task& task : list_) {
        if (query.cursor && task.created_at >= from_iso(*query.cursor).value()) continue;
        if (page.tasks.size() == static_cast<std::size_t>(query.limit)) {
          page.next = to_iso(page.tasks.back().created_at);
          break;
        }
        page.tasks.push_back(task);
      }
      return page;
    };
  }
};

TEST_F(CursorListTest, IsReadToItsEndAndBeyondFiftyPages) {
  others(7'000, 1s, 29min);
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "look on");
  EXPECT_EQ(requests_, 50);
  job_.polls = 50;
  job_.transient_failures = 1;
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "not listed");
  ours(29min + 30s);
  EXPECT_EQ(name_of(test::run(world_.loop, find_by_tag(job_, world_.context))), "ours");
}

TEST_F(CursorListTest, TasksOfOneMomentAtAPagesEndAreNotSteppedOver) {
  others(99, 1s, 20min);
  list_.push_back(task("twin", 21min));
  ours(21min);
  others(50, 22min, 29min);
  EXPECT_EQ(name_of(look()), "ours");
}

TEST_F(CursorListTest, ItsEndIsEnoughForNotListed) {
  others(3, 1s, 2min);
  EXPECT_EQ(name_of(look()), "not listed");
  EXPECT_EQ(requests_, 1);
}

TEST_F(ListTest, AListInAnyOrderIsReadToItsEnd) {
  others(500, 1min, 20h);
  ours(29min);
  std::reverse(list_.begin(), list_.end());
  EXPECT_EQ(name_of(look()), "ours");
  std::rotate(list_.begin(), list_.begin() + 1, list_.end());
  EXPECT_EQ(name_of(look()), "ours");
}

TEST_F(ListTest, OddEntriesOfOthersDoNotMatterAndOursAreNotAbsent) {
  ours(29min);
  taskapi::OddTask odd{.file_name = "other.pdf", .created_at = now(), .why = "status: unknown"};
  world_.service.on_list = [&](const ListQuery& query) {
    TaskPage read = page(query);
    read.odd.push_back(odd);
    return read;
  };
  EXPECT_EQ(name_of(look()), "ours");
  list_.clear();
  odd.file_name = std::string("report-") + kTag + ".pdf";
  EXPECT_EQ(name_of(look()), "unreadable: our task in the list: status: unknown");
}

// Newer tasks are deleted while the list is read: at each seam between two pages one is stepped over.
TEST_F(ListTest, WhatSlipsThroughASeamOfOneReadingIsMetByTheNext) {
  others(100, 1s, 20min);
  const std::size_t at_the_seam = 100;
  ours(21min);
  others(300, 22min, 24h);
  ASSERT_EQ(list_[at_the_seam].task_id, "ours");
  world_.service.on_list = [&](const ListQuery& query) {
    TaskPage read = page(query);
    if (query.page == 1) {
      list_.erase(list_.begin());
      list_.insert(list_.begin() + 100, task("one-more", 22min));
    }
    return read;
  };
  EXPECT_EQ(name_of(look()), "not listed") << "the test steps over it";
  list_.insert(list_.begin(), task("newest", 0s));
  EXPECT_EQ(name_of(look()), "ours");
}

}  // namespace
}  // namespace chunkrd::pipeline
