#include "pipeline/unwritable.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "pipeline/context.h"
#include "pipeline/policy.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::pipeline {
namespace {

using queue::State;
namespace fs = std::filesystem;

const WallTime kNow(std::chrono::hours(1000));
const std::error_code kFull = std::make_error_code(std::errc::no_space_on_device);

// Two inboxes whose folders are their own; looks find what the test says.
class FullDisks : public ::testing::Test {
 protected:
  FullDisks() {
    config::Settings settings;
    settings.state = folder.path() / "state";
    fs::create_directories(settings.state);
    for (const char* name : {"a", "b"}) {
      config::Inbox inbox;
      inbox.path = folder.path() / name;
      fs::create_directories(inbox.path);
      inbox.outbox = inbox.path.native() + "-outbox";
      inbox.failed = inbox.path.native() + "-failed";
      inbox.archive = inbox.path.native() + "-archive";
      settings.inboxes.push_back(inbox);
    }
    settings.profiles["default"];
    rules = make_rules(settings);
  }

  std::string inbox(const char* name) const { return (folder.path() / name).native(); }
  queue::Job job_of(const char* name, State state) const {
    queue::Job job;
    job.id = "job";
    job.inbox = inbox(name);
    job.state = state;
    return job;
  }
  void suspect(const queue::Job& job, const std::optional<std::string>& why_full) {
    disks.suspect(job, *rules->places.at(job.inbox), why_full, now);
  }
  bool may_pay(const char* name) { return disks.may_pay_for(*rules->places.at(inbox(name)), now); }
  void look(const std::function<std::error_code(const fs::path&)>& finds) {
    for (auto looks = disks.take_looks(now); !looks.empty(); looks = disks.take_looks(now))
      for (const Folder& one : looks) disks.looked(one, finds(one.path), rules->places, now);
  }
  queue::Inboxes held(State state) const {
    queue::Inboxes held;
    disks.hold(held, state, rules->places);
    return held;
  }
  std::function<std::error_code(const fs::path&)> full(const std::string& at) const {
    return
        [path = folder.path() / at](const fs::path& one) { return one == path ? kFull : std::error_code(); };
  }
  static std::error_code all_well(const fs::path&) { return {}; }

  tests::TemporaryFolder folder;
  std::shared_ptr<const Rules> rules;
  Unwritable disks;
  WallTime now = kNow;
};

TEST_F(FullDisks, AFullOutboxHoldsTheSubmitsOfItsInboxAndNobodyElses) {
  suspect(job_of("a", State::collecting), "write: No space left on device");
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")}) << "while it is looked at";
  look(full("a-outbox"));
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
  EXPECT_EQ(held(State::collecting), queue::Inboxes{inbox("a")});
  EXPECT_TRUE(held(State::burying).empty()) << "failed/ is another folder";
  ASSERT_EQ(disks.all().size(), 1u);
  EXPECT_NE(disks.all().front().why.find("a-outbox"), std::string::npos);
}

TEST_F(FullDisks, WhoSharesTheFullFolderOrTheStateSharesThePause) {
  suspect(job_of("a", State::claiming), std::nullopt);
  look(full("state"));
  EXPECT_EQ(held(State::ready), (queue::Inboxes{inbox("a"), inbox("b")}));
}

TEST_F(FullDisks, ThePauseEndsByALookThatWorksAndNotByTime) {
  suspect(job_of("a", State::collecting), "full");
  look(full("a-outbox"));
  now += std::chrono::hours(24);
  look(full("a-outbox"));
  EXPECT_FALSE(disks.empty());
  EXPECT_EQ(disks.next_look(), now + kFolderLook);
  now += kFolderLook;
  look(all_well);
  EXPECT_TRUE(disks.empty());
  EXPECT_TRUE(held(State::ready).empty());
}

TEST_F(FullDisks, WhereEveryLookWorksTheStepIsBelievedForAWhile) {
  suspect(job_of("a", State::collecting), "full");
  look(all_well);
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
  EXPECT_TRUE(held(State::collecting).empty()) << "a smaller one may have room";
  now += kDiskPatience / 2;
  suspect(job_of("a", State::collecting), "full");
  now += kDiskPatience / 2;
  look(all_well);
  EXPECT_FALSE(disks.empty()) << "a step has failed since";
  now += kDiskPatience / 2;
  look(all_well);
  EXPECT_TRUE(disks.empty());
}

TEST_F(FullDisks, AnotherErrorThanAFullDiskIsBelievedWhenALookMeetsItToo) {
  suspect(job_of("a", State::delivering), std::nullopt);
  look(all_well);
  EXPECT_TRUE(disks.empty());
  EXPECT_TRUE(held(State::ready).empty());
}

TEST_F(FullDisks, NothingIsPaidForBeforeItsFoldersWereLookedAt) {
  EXPECT_FALSE(may_pay("a"));
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")}) << "others need not wait for that";
  EXPECT_TRUE(held(State::collecting).empty()) << "is paid for already";
  look(full("a-archive"));
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
  EXPECT_EQ(disks.all().size(), 1u);
}

TEST_F(FullDisks, ALookCountsForAWhileAndIsMadeAgainBeforeAnybodyHasToWaitForIt) {
  EXPECT_FALSE(may_pay("a"));
  look(all_well);
  EXPECT_TRUE(may_pay("a"));
  EXPECT_FALSE(disks.next_look().has_value());
  now += kDiskPatience;
  EXPECT_TRUE(may_pay("a"));
  EXPECT_EQ(disks.next_look(), now);
  now += kDiskPatience;
  EXPECT_FALSE(may_pay("a")) << "it may be full since";
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
}

TEST_F(FullDisks, ALookThatHasLearntNothingHoldsUpNobody) {
  EXPECT_FALSE(may_pay("a"));
  look([](const fs::path&) { return std::make_error_code(std::errc::too_many_files_open); });
  EXPECT_TRUE(may_pay("a"));
  EXPECT_TRUE(held(State::ready).empty());
}

TEST_F(FullDisks, WhoSaysThatItIsOverIsBelievedAfterALook) {
  suspect(job_of("a", State::collecting), "full");
  look(full("a-outbox"));
  disks.forget();
  EXPECT_TRUE(disks.empty());
  EXPECT_FALSE(may_pay("a"));
  look(full("a-outbox"));
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
}

TEST_F(FullDisks, WhatDoesNotAnswerIsNotOverBecauseAPersonSaysSo) {
  EXPECT_FALSE(may_pay("a"));
  for (const Folder& one : disks.take_looks(now))
    if (one.path == folder.path() / "a-outbox") disks.does_not_answer(one, rules->places, now);
  disks.forget();
  EXPECT_EQ(disks.all().size(), 1u);
}

TEST_F(FullDisks, AFolderThatNobodyNeedsAnyMoreIsForgotten) {
  suspect(job_of("a", State::collecting), "full");
  look(full("a-outbox"));
  auto without = std::make_shared<Rules>(*rules);
  without->places.erase(inbox("a"));
  rules = without;
  now += kDiskPatience;
  look(full("a-outbox"));
  EXPECT_TRUE(disks.empty());
  EXPECT_FALSE(disks.next_look().has_value());
}

TEST_F(FullDisks, AStepThatFailsWhileItsFoldersAreLookedAtIsBelievedToo) {
  EXPECT_FALSE(may_pay("a"));
  suspect(job_of("a", State::collecting), "full");
  look(all_well);
  EXPECT_EQ(disks.all().size(), 1u);
}

TEST_F(FullDisks, AFolderThatIsGoneIsNotLookedAt) {
  rules->places.at(inbox("a"))->gone.push_back({folder.path() / "a-outbox", "is not there"});
  EXPECT_FALSE(may_pay("a"));
  for (const Folder& one : disks.take_looks(now)) EXPECT_NE(one.path, folder.path() / "a-outbox");
}

TEST_F(FullDisks, WhatCouldNotBeMadeReadyIsLookedAtWhileNobodyNeedsIt) {
  rules->places.at(inbox("a"))->unready.push_back(folder.path() / "a-outbox");
  disks.doubt_unready(rules->places, now);
  look(full("a-outbox"));
  EXPECT_EQ(disks.all().size(), 1u);
}

TEST_F(FullDisks, AFolderThatDoesNotAnswerHoldsItsInboxUntilItDoes) {
  suspect(job_of("a", State::collecting), std::nullopt);
  Folder hanging;
  for (const Folder& one : disks.take_looks(now))
    if (one.path == folder.path() / "a-outbox")
      hanging = one;
    else
      disks.looked(one, {}, rules->places, now);
  disks.does_not_answer(hanging, rules->places, now);
  EXPECT_EQ(held(State::ready), queue::Inboxes{inbox("a")});
  disks.looked(hanging, {}, rules->places, now);
  EXPECT_TRUE(disks.empty());
}

}  // namespace
}  // namespace chunkrd::pipeline
