#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/lifecycle.h"
#include "queue/command.h"
#include "tests/simulation/stage.h"

namespace chunkrd::simulation {

/// What was granted of one document's wishes, ever, and what is still owed.
struct Granted {
  int cancels = 0, removals = 0, retries = 0, reprocesses = 0, resubmits = 0;
  bool owed_removal = false;            ///< before its next end nothing of it is left at the service
  bool owed_cancel_or_removal = false;  ///< or it was cancelled
  bool owed_cancel = false;  ///< it was cancelled while it was only here: it does not come to a result
};

/// What people ask for by commands: of the daemon while one runs, of the queue while none does, several of
/// the same document in any order, with the daemon killed between asking, taking up and doing. And whether
/// what docs/commands.md promises is kept:
///
/// * A delete that was granted is done before the document's next end, whatever is asked later.
/// * Nothing is cancelled or deleted at the service that nobody has asked it for.
/// * What was cancelled before it was submitted does not come to a result.
/// * A wish that is refused changes nothing.
/// * A later pause or resume outranks an earlier one; while paused nothing is submitted.
/// * A wish to one daemon ends with it: but for a pause.
class Wishes {
 public:
  explicit Wishes(Stage& stage) : stage_(stage) {}

  /// Puts on the agenda what the plan says.
  void plan();

  /// A daemon begins its life, or has ended it.
  void saw_start();
  void saw_stop();
  /// Nothing moves at this moment: looks at the answers that have come.
  void look();
  /// A document has come to its end.
  void saw_end(const queue::Job& job, queue::Store& store);
  /// A create or an update leaves.
  void saw_submit();
  /// The queue was replaced by another one: wishes that were not carried out may be lost with it, and pauses.
  void saw_rebuild();

  bool all_answered() const { return asked_.empty(); }
  /// By name of the document.
  const std::map<std::string, Granted>& by_name() const { return by_name_; }
  /// Of no job: tasks may be cancelled or deleted at the service only of those.
  bool was_asked_to_end(const std::string& job_mark) const { return ended_marks_.contains(job_mark); }
  /// The budget was lifted on these days.
  const std::set<std::chrono::sys_days>& lifted() const { return lifted_; }

 private:
  struct Ask {
    std::int64_t seq = 0;
    queue::Command command;
    std::string name;    ///< of the document
    int generation = 0;  ///< which daemon ran, or had run last
  };

  void one_wish();
  void storm();
  void of_daemon();
  void ask_about(const std::string& job_id);
  pipeline::lifecycle::Wish any_wish(const queue::Job& job);
  void ask(queue::Command command, const std::string& name);
  void ask_at_rest(queue::SqliteStore& store, Ask ask);
  void saw_answer(const Ask& ask, const queue::CommandAnswer& answer, queue::Store& store);
  void grant(const Ask& ask, const queue::CommandAnswer& answer, queue::Store& store);
  void note_pause(const Ask& ask, const queue::CommandAnswer& answer);
  void look_at_pause();

  Stage& stage_;
  std::vector<Ask> asked_;  ///< without an answer yet
  std::map<std::string, Granted> granted_, by_name_;
  std::set<std::string> ended_marks_;
  std::set<std::chrono::sys_days> lifted_;
  bool is_paused_ = false;                ///< as far as was asked
  std::optional<WallTime> paused_since_;  ///< and the daemon is known to keep it
  int generation_ = 0;
  bool was_rebuilt_ = false;
};

}  // namespace chunkrd::simulation
