#pragma once

#include <string>

#include "queue/sqlite/rows.h"

/// Every statement the store runs. They stand together so that a test can ask SQLite for the plan of each.
namespace chunkrd::queue::sql {

/// The rows of one very file: ?2, ?3 and ?4 are kInsert's inbox, name and identity.
inline const std::string kOfInserted =
    " FROM jobs INDEXED BY jobs_identity WHERE inbox = ?2 AND name = ?3 AND source_identity = ?4 AND ";

/// Parameters: kJobColumns, the number of ended rows of this file that are known.
inline const std::string kInsert =  //
    "INSERT INTO jobs (" + kFixedColumns + ", " + kGuardColumns + ", " + kMovingColumns + ") SELECT " +
    placeholders(kJobColumns) + " WHERE (SELECT count(*)" + kOfInserted +
    "state BETWEEN 9 AND 12) = ? AND NOT EXISTS (SELECT 1" + kOfInserted +
    "state NOT BETWEEN 9 AND 12) ON CONFLICT DO NOTHING RETURNING seq";

/// Parameters: state, now, state, due, kMovingColumns, id, from, lease.
inline const std::string kTransition =
    "UPDATE jobs SET state_since = CASE WHEN state = ? THEN state_since ELSE ? END, lease = lease + 1, "
    "(state, due, " +
    kMovingColumns + ") = (?, ?, " + placeholders(kMovingColumns) +
    ") WHERE id = ? AND state = ? AND lease = ? RETURNING seq";

inline const std::string kAddEvent = "INSERT INTO events (job, at, what, detail) VALUES (?, ?, ?, ?)";

/// `ready` is written out, so that the partial index can be used; named, because the planner would rather
/// search by `due` and sort.
inline const std::string kDueReady = "SELECT " + kJobColumns +
                                     " FROM jobs INDEXED BY jobs_ready WHERE state = 2 AND profile = ? AND "
                                     "due <= ? ORDER BY priority DESC, id LIMIT ?";

/// From one profile to the next, without looking at the documents between.
inline const std::string kReadyProfiles =
    "WITH RECURSIVE found(profile) AS ("
    "SELECT min(profile) FROM jobs INDEXED BY jobs_ready WHERE state = 2 UNION ALL "
    "SELECT (SELECT min(profile) FROM jobs INDEXED BY jobs_ready WHERE state = 2 AND profile > "
    "found.profile) "
    "FROM found WHERE found.profile IS NOT NULL) "
    "SELECT profile FROM found WHERE profile IS NOT NULL";

inline const std::string kDue =
    "SELECT " + kJobColumns + " FROM jobs WHERE state = ? AND due <= ? ORDER BY due, seq LIMIT ?";

inline const std::string kNextDue = "SELECT min(due) FROM jobs WHERE state = ? AND due > ?";

inline const std::string kFind = "SELECT " + kJobColumns + " FROM jobs WHERE id = ?";

/// In the order in which they were made: an index ends with `seq`.
inline const std::string kOfFile =
    "SELECT " + kJobColumns +
    " FROM jobs INDEXED BY jobs_identity WHERE inbox = ? AND name = ? AND source_identity = ?";

inline const std::string kClaimed =
    "SELECT 1 FROM jobs INDEXED BY jobs_claiming WHERE state = 1 AND inbox = ? AND name = ? "
    "AND source_identity <> ?";

/// What waits for the service, by how long it has waited.
inline const std::string kDelayDeadlines =
    "UPDATE jobs INDEXED BY jobs_due SET submitted_at = min(submitted_at + ?, ?) WHERE state IN (3, 4, 15) "
    "AND submitted_at IS NOT NULL";

/// Parameters: the new due time, state, and after when no row of it may be due.
inline const std::string kDueTooLate =
    "UPDATE jobs INDEXED BY jobs_due SET due = ? WHERE state = ? AND due > ?";

inline const std::string kEvents =
    "SELECT at, what, detail FROM events WHERE job = (SELECT seq FROM jobs WHERE id = ?) ORDER BY seq";

inline const std::string kCounts = "SELECT state, n FROM counts";

inline const std::string kOldestUnfinished = "SELECT min(found_at) FROM jobs WHERE state < 9 OR state > 12";

/// `found_at >= 0` says nothing but that the index is to be searched, not walked.
inline const std::string kOldestUnfinishedJob = "SELECT " + kJobColumns +
                                                " FROM jobs INDEXED BY jobs_unfinished WHERE (state < 9 OR "
                                                "state > 12) AND found_at >= 0 ORDER BY found_at LIMIT 1";

/// A few hundred of those that are due first, whatever the length of the queue.
inline const std::string kOldestIn =
    "SELECT min(state_since) FROM (SELECT state_since FROM jobs INDEXED BY jobs_due WHERE state = ? ORDER BY "
    "due LIMIT 256)";

inline const std::string kLatestIn =
    "SELECT " + kJobColumns + " FROM jobs INDEXED BY jobs_due WHERE state = ? ORDER BY due DESC LIMIT ?";

/// The next of the inboxes that there are jobs of.
inline const std::string kNextInbox = "SELECT min(inbox) FROM jobs INDEXED BY jobs_listed WHERE inbox > ?";

/// See profile_at_work(): the index is of this very expression.
inline const std::string kNextProfile =
    "SELECT min(iif(wanted_settings = '', profile, wanted_profile)) FROM jobs INDEXED BY jobs_profiles "
    "WHERE (state < 9 OR state > 12) AND iif(wanted_settings = '', profile, wanted_profile) > ?";

inline const std::string kNextError =
    "SELECT min(error_code) FROM jobs INDEXED BY jobs_of_error WHERE error_code <> '' AND error_code > ?";

/// Ids of one inbox and state, newest first, read from the index alone.
inline const std::string kListed =
    "SELECT id FROM jobs INDEXED BY jobs_listed WHERE inbox = ? AND state = ? AND id >= ? AND id < ? "
    "ORDER BY id DESC LIMIT ?";

inline const std::string kListedByError =
    "SELECT id FROM jobs INDEXED BY jobs_of_error WHERE error_code <> '' AND error_code = ? AND inbox = ? "
    "AND "
    "state = ? AND id >= ? AND id < ? ORDER BY id DESC LIMIT ?";

inline const std::string kWithPrefix =
    "SELECT " + kJobColumns + " FROM jobs WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?";

/// max() picks the row that the other columns are read from. Named, because the planner would rather walk
/// over all ids from the newest on.
inline const std::string kNamed =
    "SELECT " + kJobColumns + ", max(id) FROM jobs INDEXED BY jobs_identity WHERE inbox = ? AND name = ?";

inline const std::string kNamedAndPutAs = kNamed + " AND (delivered_name = ? OR original_name = ?)";

inline const std::string kDeliveredAs = kNamed + " AND length(delivered_name) > 0 AND id <> ?";

inline const std::string kNote = "SELECT value FROM notes WHERE key = ?";

inline const std::string kSetNote =
    "INSERT INTO notes (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value";

inline const std::string kDeliveredLike =
    "SELECT " + kJobColumns +
    " FROM jobs INDEXED BY jobs_delivered WHERE state = 9 AND sha256 = ? AND settings_hash = ? "
    "ORDER BY seq DESC LIMIT ?";

/// Parameters: name, shelf, the job that is no other, its inbox. Rows of earlier releases do not know their
/// shelf: of their inbox they may mean this one.
inline const std::string kClaimedOriginal =
    "SELECT 1 FROM jobs INDEXED BY jobs_originals WHERE original_name <> x'' AND original_pruned = 0 AND "
    "original_name = ?1 AND shelf = ?2 AND id <> ?3 AND (?5 = '' OR sha256 = '' OR sha256 = ?5) UNION ALL "
    "SELECT 1 FROM jobs INDEXED BY jobs_originals WHERE original_name <> x'' AND original_pruned = 0 AND "
    "original_name = ?1 AND shelf = x'' AND inbox = ?4 AND id <> ?3 AND "
    "(?5 = '' OR sha256 = '' OR sha256 = ?5) LIMIT 1";

/// Links are few: those that had other tasks before are found among all of them (`task_id >= ''` says nothing
/// but that their index is to be searched).
inline const std::string kLinkHasTask =
    "SELECT 1 FROM jobs INDEXED BY jobs_links WHERE lower(substr(name, -4)) = '.url' AND task_id = ? "
    "UNION ALL SELECT 1 FROM jobs INDEXED BY jobs_links WHERE lower(substr(name, -4)) = '.url' "
    "AND task_id >= '' AND instr(earlier_tasks, ?) > 0 LIMIT 1";

// A row has the first of its intents, and when the last submit was answered or lost: its task may have been
// made at any time between.
inline const std::string kLinksInDoubt =
    "SELECT " + kJobColumns +
    " FROM jobs INDEXED BY jobs_links_in_doubt WHERE lower(substr(name, -4)) = '.url' "
    "AND (state = 3 OR possible_duplicates > 0) AND found_at <= ?1 "
    "AND (intent_at IS NULL OR intent_at >= ?2 OR state IN (2, 3) OR submitted_at >= ?2)";

inline const std::string kAddSpent =
    "INSERT INTO spending (day, documents, pages) VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET "
    "documents = documents + excluded.documents, pages = pages + excluded.pages";

inline const std::string kRaiseSpent =
    "INSERT INTO spending (day, documents, pages) VALUES (?, ?, ?) ON CONFLICT (day) DO UPDATE SET "
    "documents = max(documents, excluded.documents), pages = max(pages, excluded.pages)";

inline const std::string kSpent = "SELECT documents, pages FROM spending WHERE day = ?";

inline const std::string kAsk = "INSERT INTO commands (asked_at, kind, job, arguments) VALUES (?, ?, ?, ?)";

inline const std::string kAnswer =
    "UPDATE commands SET answered_at = ?, outcome = ?, answer = ? WHERE seq = ? AND answered_at IS NULL "
    "RETURNING seq";

inline const std::string kPendingCommands =
    "SELECT seq, asked_at, kind, job, arguments FROM commands INDEXED BY commands_pending "
    "WHERE answered_at IS NULL ORDER BY seq LIMIT ?";

inline const std::string kCommandAnswer =
    "SELECT outcome, answer FROM commands WHERE seq = ? AND answered_at IS NOT NULL";

/// One state's part of kEnded; together they are merged in the order of the index, without sorting.
inline std::string ended_in(int state) {
  return "SELECT " + kJobColumns +
         ", seq FROM jobs INDEXED BY jobs_due WHERE state = " + std::to_string(state) +
         " AND (due, seq) > (?1, ?2) ";
}

inline const std::string kEnded = ended_in(9) + "UNION ALL " + ended_in(10) + "UNION ALL " + ended_in(11) +
                                  "UNION ALL " + ended_in(12) + "ORDER BY due, seq LIMIT ?3";

inline const std::string kEndedFailed = ended_in(10) + "ORDER BY due, seq LIMIT ?3";

inline const std::string kArchived = "SELECT " + kJobColumns +
                                     ", seq FROM jobs INDEXED BY jobs_archived WHERE state = 9 AND "
                                     "original_name <> x'' AND original_pruned = 0 "
                                     "AND (due, seq) > (?1, ?2) ORDER BY due, seq LIMIT ?3";

inline const std::string kArchivedCount = "SELECT n FROM archived";

/// Parameters: id, state, lease. The links in doubt are few, and so are commands that wait for an answer.
inline const std::string kForgettable =
    "SELECT seq FROM jobs WHERE id = ? AND state = ? AND lease = ? AND state BETWEEN 9 AND 12 AND asked = 0 "
    "AND wanted_settings = '' AND NOT EXISTS (SELECT 1 FROM commands INDEXED BY commands_pending "
    "WHERE answered_at IS NULL AND job = jobs.id) "
    "AND (lower(substr(name, -4)) <> '.url' OR NOT EXISTS (SELECT 1 FROM jobs AS other "
    "INDEXED BY jobs_links_in_doubt WHERE lower(substr(other.name, -4)) = '.url' "
    "AND (other.state = 3 OR other.possible_duplicates > 0) AND (other.state < 9 OR other.state > 12)))";

inline const std::string kNoteForgotten =
    "INSERT INTO forgotten (id, inbox) SELECT id, inbox FROM jobs WHERE seq = ?";
inline const std::string kForgotten = "SELECT id, inbox FROM forgotten LIMIT ?";
inline const std::string kNothingLeft = "DELETE FROM forgotten WHERE id = ?";

inline const std::string kForgetEvents = "DELETE FROM events WHERE job = ?";
inline const std::string kForget = "DELETE FROM jobs WHERE seq = ?";

inline const std::string kForgetCommands =
    "DELETE FROM commands WHERE seq IN (SELECT seq FROM commands INDEXED BY commands_answered "
    "WHERE answered_at IS NOT NULL AND answered_at < ? ORDER BY answered_at LIMIT ?) RETURNING seq";

inline const std::string kEndingColumns =
    "job, inbox, name, found_at, profile, state, revision, size_bytes, sha256, pages, task_id, outbox, "
    "delivered_name, error_stage, error_code, error_message";

/// Parameters: at, lived, whether it counts where this end stands already (1 if it does), id, kEndingColumns
/// but the job.
inline const std::string kAddEnding =
    "INSERT INTO endings (at, lived, stands, " + kEndingColumns + ") SELECT ?1, ?2, 1, ?3, " +
    "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19 "
    "WHERE ?4 = 1 OR NOT EXISTS (SELECT 1 FROM endings INDEXED BY endings_standing "
    "WHERE stands = 1 AND job = ?3)";

inline const std::string kEndingOver =
    "UPDATE endings INDEXED BY endings_standing SET stands = 0 WHERE stands = 1 AND job = ?";

inline const std::string kEndings =
    "SELECT seq, at, " + kEndingColumns + " FROM endings WHERE seq > ? ORDER BY seq LIMIT ?";
inline const std::string kOldestEnding = "SELECT coalesce(min(seq), 0) FROM endings";
/// Also of those that are forgotten.
inline const std::string kNewestEnding = "SELECT seq FROM sqlite_sequence WHERE name = 'endings'";

/// Parameters: lived before, seq up to which they are too many, limit.
inline const std::string kForgetEndings =
    "DELETE FROM endings WHERE seq IN (SELECT seq FROM endings WHERE (lived <= ?1 OR seq <= ?2) "
    "AND seq <= ?3 AND NOT EXISTS (SELECT 1 FROM notifications INDEXED BY notifications_of_ending "
    "WHERE ending = endings.seq) ORDER BY seq LIMIT ?4) RETURNING seq";

inline const std::string kNotify =
    "INSERT INTO notifications (ending, hook, since, due) SELECT seq, ?2, ?3, ?3 FROM endings "
    "WHERE seq = ?1";
inline const std::string kNotified = "DELETE FROM notifications WHERE seq = ? RETURNING seq";
inline const std::string kPutOff =
    "UPDATE notifications SET due = ?, attempts = attempts + 1, failure = ?, body = ? WHERE seq = ? "
    "RETURNING seq";
inline const std::string kNotifications =
    "SELECT n.seq, n.since, n.due, n.attempts, n.body, e.seq, e.at, e.job, e.inbox, e.name, e.found_at, "
    "e.profile, e.state, e.revision, e.size_bytes, e.sha256, e.pages, e.task_id, e.outbox, "
    "e.delivered_name, e.error_stage, e.error_code, e.error_message "
    "FROM notifications AS n INDEXED BY notifications_due JOIN endings AS e ON e.seq = n.ending "
    "WHERE n.hook = ? AND n.due <= ? ORDER BY n.due LIMIT ?";
inline const std::string kNextNotification =
    "SELECT min(due) FROM notifications INDEXED BY notifications_due WHERE hook = ? AND due > ?";
inline const std::string kGiveUp =
    "DELETE FROM notifications WHERE seq IN (SELECT seq FROM notifications "
    "INDEXED BY notifications_since WHERE hook = ? AND since <= ? ORDER BY since LIMIT ?) RETURNING seq";
/// Parameters: now, and after when none may be due.
inline const std::string kNotificationsTooLate = "UPDATE notifications SET due = ? WHERE due > ?";

/// From one hook to the next; of each the index alone is read.
inline const std::string kHooks =
    "SELECT hook, count(*), min(since), max(attempts) FROM notifications "
    "INDEXED BY notifications_since GROUP BY hook";
inline const std::string kHookFailure =
    "SELECT failure FROM notifications INDEXED BY notifications_tried WHERE attempts > 0 AND hook = ? "
    "ORDER BY attempts DESC LIMIT 1";

inline const std::string kQueueId = "SELECT value FROM meta WHERE key = 'queue_id'";

inline const std::string kForgetSpending = "DELETE FROM spending WHERE day < ? RETURNING day";

}  // namespace chunkrd::queue::sql
