// What SQLite does for each statement, so that no statement ever walks over the whole backlog.
#include <SQLiteCpp/Statement.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "queue/sqlite/open.h"
#include "queue/sqlite/sql.h"
#include "tests/support/temporary_folder.h"

namespace chunkrd::queue {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Plan : public ::testing::Test {
 protected:
  std::string of(const std::string& statement) {
    SQLite::Statement explain(database, "EXPLAIN QUERY PLAN " + statement);
    std::string plan;
    while (explain.executeStep()) plan += explain.getColumn(3).getString() + "\n";
    return plan;
  }

  tests::TemporaryFolder folder;
  SQLite::Database database = open_database(folder / "queue.db", {});
};

TEST_F(Plan, NoStatementScansOrSorts) {
  for (const auto& statement : {sql::kTransition,
                                sql::kAddEvent,
                                sql::kDueReady,
                                sql::kDue,
                                sql::kNextDue,
                                sql::kFind,
                                sql::kOfFile,
                                sql::kClaimed,
                                sql::kEvents,
                                sql::kOldestUnfinished,
                                sql::kNote,
                                sql::kSetNote,
                                sql::kDeliveredLike,
                                sql::kLinkHasTask,
                                sql::kLinksInDoubt,
                                sql::kAddSpent,
                                sql::kRaiseSpent,
                                sql::kSpent,
                                sql::kAsk,
                                sql::kAnswer,
                                sql::kCommandAnswer,
                                sql::kOldestUnfinishedJob,
                                sql::kOldestIn,
                                sql::kLatestIn,
                                sql::kNextInbox,
                                sql::kNextProfile,
                                sql::kClaimedOriginal,
                                sql::kNextError,
                                sql::kListed,
                                sql::kListedByError,
                                sql::kWithPrefix,
                                sql::kNamed,
                                sql::kNamedAndPutAs,
                                sql::kEnded,
                                sql::kArchived,
                                sql::kNoteForgotten,
                                sql::kNothingLeft,
                                sql::kForgetEvents,
                                sql::kForget,
                                sql::kForgetSpending,
                                sql::kDeliveredAs,
                                sql::kEndingOver,
                                sql::kEndings,
                                sql::kOldestEnding,
                                sql::kNotify,
                                sql::kNotified,
                                sql::kPutOff,
                                sql::kNotifications,
                                sql::kNextNotification,
                                sql::kGiveUp,
                                sql::kHookFailure}) {
    EXPECT_THAT(of(statement), AllOf(Not(HasSubstr("SCAN")), Not(HasSubstr("TEMP B-TREE")))) << statement;
  }
}

TEST_F(Plan, PendingCommandsAreAllThatIsReadOfTheCommands) {
  EXPECT_EQ(of(sql::kPendingCommands), "SCAN commands USING INDEX commands_pending\n");
}

TEST_F(Plan, AnEndIsAddedWithOneLookAtTheOneThatStands) {
  EXPECT_THAT(of(sql::kAddEnding), AllOf(HasSubstr("SEARCH endings USING INDEX endings_standing (job=?)"),
                                         Not(HasSubstr("SCAN endings"))));
}

TEST_F(Plan, HooksAreCountedByAnIndexAlone) {
  EXPECT_EQ(of(sql::kHooks), "SCAN notifications USING COVERING INDEX notifications_since\n");
}

TEST_F(Plan, CountsReadTheirOwnSmallTable) {
  EXPECT_EQ(of(sql::kCounts), "SCAN counts\n");
}

TEST_F(Plan, WhatIsDueIsReadInItsOrderFromAnIndex) {
  EXPECT_THAT(of(sql::kDueReady), HasSubstr("INDEX jobs_ready (state=? AND profile=?)"));
  EXPECT_THAT(of(sql::kReadyProfiles),
              HasSubstr("SEARCH jobs USING COVERING INDEX jobs_ready (state=? AND profile>?)"));
  EXPECT_THAT(of(sql::kReadyProfiles), Not(HasSubstr("SCAN jobs")));
  EXPECT_THAT(of(sql::kDue), HasSubstr("INDEX jobs_due (state=? AND due<?)"));
  EXPECT_THAT(of(sql::kNextDue), HasSubstr("COVERING INDEX jobs_due (state=? AND due>?)"));
  EXPECT_THAT(of(sql::kOldestUnfinished), HasSubstr("INDEX jobs_unfinished"));
  EXPECT_THAT(of(sql::kOfFile), HasSubstr("INDEX jobs_identity (inbox=? AND name=? AND source_identity=?)"));
  EXPECT_THAT(of(sql::kClaimed), HasSubstr("INDEX jobs_claiming (inbox=? AND name=?)"));
  EXPECT_THAT(of(sql::kInsert), AllOf(Not(HasSubstr("SCAN jobs")), Not(HasSubstr("TEMP B-TREE"))));
  EXPECT_THAT(of(sql::kInsert), HasSubstr("INDEX jobs_identity (inbox=? AND name=? AND source_identity=?)"));
}

TEST_F(Plan, AStartLooksOnlyAtRowsThatItChanges) {
  EXPECT_THAT(of(sql::kDelayDeadlines), HasSubstr("SEARCH jobs USING INDEX jobs_due (state=?)"));
  EXPECT_THAT(of(sql::kDueTooLate), HasSubstr("SEARCH jobs USING INDEX jobs_due (state=? AND due>?)"));
}

TEST_F(Plan, ListsAreRangesOfAnIndexThatHoldsAllTheyNeed) {
  EXPECT_EQ(of(sql::kListed),
            "SEARCH jobs USING COVERING INDEX jobs_listed (inbox=? AND state=? AND id>? AND id<?)\n");
  EXPECT_EQ(
      of(sql::kListedByError),
      "SEARCH jobs USING COVERING INDEX jobs_of_error (error_code=? AND inbox=? AND state=? AND id>? AND "
      "id<?)\n");
  EXPECT_EQ(of(sql::kNextInbox), "SEARCH jobs USING COVERING INDEX jobs_listed (inbox>?)\n");
  EXPECT_THAT(of(sql::kWithPrefix), HasSubstr("(id>? AND id<?)"));
}

TEST_F(Plan, OneJobIsFoundByItsNameOrAtTheEndOfAnIndex) {
  EXPECT_THAT(of(sql::kNamed), HasSubstr("INDEX jobs_identity (inbox=? AND name=?)"));
  EXPECT_THAT(of(sql::kNamedAndPutAs), HasSubstr("INDEX jobs_identity (inbox=? AND name=?)"));
  EXPECT_THAT(of(sql::kLatestIn), HasSubstr("INDEX jobs_due (state=?)"));
  EXPECT_THAT(of(sql::kOldestUnfinishedJob), HasSubstr("INDEX jobs_unfinished"));
}

TEST_F(Plan, WhatIsOverIsReadInItsOrderFromAnIndexAndMergedWithoutSorting) {
  EXPECT_THAT(of(sql::kEnded), AllOf(HasSubstr("MERGE (UNION ALL)"),
                                     HasSubstr("SEARCH jobs USING INDEX jobs_due (state=? AND due>?)")));
  EXPECT_THAT(of(sql::kArchived), HasSubstr("SEARCH jobs USING INDEX jobs_archived (due>?)"));
  EXPECT_EQ(of(sql::kArchivedCount), "SCAN archived\n") << "one row";
  EXPECT_THAT(of(sql::kForgetCommands),
              HasSubstr("INDEX commands_answered (answered_at>? AND answered_at<?)"));
  // Few rows are in these two: links in doubt, and commands that wait for their answer.
  EXPECT_THAT(of(sql::kForgettable),
              AllOf(HasSubstr("SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)"),
                    HasSubstr("SCAN commands USING INDEX commands_pending"),
                    HasSubstr("SCAN other USING INDEX jobs_links_in_doubt")));
}

TEST_F(Plan, TheCheckSeesAScanAndASort) {
  const auto plan = of("SELECT id FROM jobs WHERE error_code = ? ORDER BY error_stage");
  EXPECT_THAT(plan, AllOf(HasSubstr("SCAN"), HasSubstr("TEMP B-TREE")));
}

}  // namespace
}  // namespace chunkrd::queue
