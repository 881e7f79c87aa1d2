#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "core/clock.h"
#include "pipeline/place.h"
#include "queue/job.h"
#include "queue/store.h"

namespace chunkrd::pipeline {

/// Folders that nothing can be written to now: the disk is full, read-only or over a quota, or its file
/// system does not answer. Submits of the inboxes that need one of them wait, so that nothing is paid for
/// whose result cannot be put anywhere; so do the steps that would write there. All others go on.
///
/// Folders are looked at before something is paid for that needs them, where nobody has for a while. A step
/// that fails, or waits too long for files, casts suspicion on all those of its inbox; and one that fails, on
/// those of other inboxes on its file system. It is looked at again and again until that works: nobody else
/// ends the wait. Where a step has failed for want of space and every look works (there is some, but not
/// enough), the folder that it writes to counts as full for a while.
///
/// Pure: time and what looks have found come in.
class Unwritable {
 public:
  using Places = std::map<std::string, std::shared_ptr<Place>>;  ///< by the inbox's path

  struct Trouble {
    std::filesystem::path folder;
    std::string why;  ///< for people: what happened, and what to do
    WallTime since;
    WallTime until;       ///< whom a step has told of, and no look, is not over before; nor is it forgotten
    bool by_look = true;  ///< else a step says so, and steps try whether it is over
  };

  /// Whether a document of `place` may be paid for. Else its folders are to be looked at first: until then
  /// hold() says so, too.
  bool may_pay_for(const Place& place, WallTime now);
  /// What could not be made ready when a place was made is looked at, also while nothing is to be paid for.
  void doubt_unready(const Places& places, WallTime now);
  /// A step on `job` has failed, or does not come to its end, and it may be a folder's fault. `why_full`:
  /// what it said, where it was for want of space.
  void suspect(const queue::Job& job, const Place& place, const std::optional<std::string>& why_full,
               WallTime now);
  /// A step on `job` has written what it had to.
  void worked(const queue::Job& job, const Place& place, WallTime now);

  /// What to look at now; each is under way then, until looked().
  std::vector<Folder> take_looks(WallTime now);
  /// When take_looks() has something next.
  std::optional<WallTime> next_look() const;
  /// A look has come to an end: with an error where it could not write. True when hold() says something else
  /// since.
  bool looked(const Folder& folder, const std::error_code& error, const Places& places, WallTime now);
  /// A look does not come to an end.
  void does_not_answer(const Folder& folder, const Places& places, WallTime now);

  /// Adds the inboxes whose steps on rows in `state` are to wait.
  void hold(queue::Inboxes& held, queue::State state, const Places& places) const;

  /// A person says that it is over: all are looked at before anything is paid for. What does not answer is
  /// being looked at.
  void forget();

  bool empty() const;
  /// Sorted by folder.
  std::vector<Trouble> all() const;
  /// Those whose submits wait for `folder`.
  static std::vector<std::string> inboxes_at(const std::filesystem::path& folder, const Places& places);

 private:
  struct Watched {
    Folder folder;
    WallTime look_at;
    bool under_way = false;
    std::optional<Trouble> trouble = std::nullopt;
  };
  struct Suspicion {
    std::optional<Folder> writes_to = {};
    std::optional<std::string> why_full = {};
    std::set<std::filesystem::path> pending = {};  ///< looks
    bool is_confirmed = false;
    WallTime since;
  };

  static std::vector<Folder> needed_by(const Place& place);
  Watched& watch(const Folder& folder, WallTime now);
  void blame(const Folder& folder, std::string why, const Places& places, WallTime now);
  bool settle(const std::filesystem::path& folder, bool failed, WallTime now);
  void is_full(const Folder& folder, const std::string& why, WallTime now);

  std::map<std::filesystem::path, Watched> watched_;
  std::map<std::filesystem::path, WallTime> passed_;  ///< the last look that said nothing against it
  std::map<std::string, Suspicion> suspicions_;       ///< by inbox
};

}  // namespace chunkrd::pipeline
