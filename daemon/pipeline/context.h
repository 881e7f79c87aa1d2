#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "config/settings.h"
#include "core/async.h"
#include "core/clock.h"
#include "core/file_pools.h"
#include "core/ids.h"
#include "pipeline/absences.h"
#include "pipeline/lifecycle.h"
#include "pipeline/observer.h"
#include "pipeline/place.h"
#include "pipeline/policy.h"
#include "pipeline/poll_planner.h"
#include "pipeline/storage_trouble.h"
#include "pipeline/twins.h"
#include "pipeline/unwritable.h"
#include "queue/queue.h"
#include "taskapi/client.h"

namespace chunkrd::pipeline {

/// What the configuration says to the pipeline. Replaced whole when it is read anew; steps under way keep
/// the one they began with.
struct Rules {
  std::map<std::string, std::shared_ptr<Place>> places;  ///< by the inbox's path
  std::map<std::string, config::Profile> profiles;
  std::map<std::string, Policy> policies;  ///< by profile
  config::Limits limits;
  config::Retention retention;

  /// Throws NoSuchInbox when the inbox is not configured any more.
  std::shared_ptr<Place> place_of(const queue::Job& job) const;
  /// Of the profile that counts now: queue::profile_at_work(). Throw NoSuchProfile when it is not configured
  /// any more: another one would say something else, and nobody has asked for that.
  const Policy& policy_of(const queue::Job& job) const;
  const config::Profile& profile_of(const queue::Job& job) const;
  bool has_profile_of(const queue::Job& job) const { return profiles.contains(profile_at_work(job)); }
  /// For what no profile has a say in: the pause between two tries.
  const Policy& usual_policy() const { return policies.at("default"); }
};

class NoSuchInbox : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class NoSuchProfile : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Makes the places (and their folders) of every inbox. Blocking.
std::shared_ptr<const Rules> make_rules(const config::Settings& settings);

/// What every step works with. Event-loop thread only.
struct Context {
  queue::Queue& queue;
  taskapi::Client& tasks;
  const Clock& clock;
  Random& random;
  FilePools& files;
  PollPlanner& planner;
  Observer& observer;
  std::shared_ptr<const Rules> rules;
  Twins twins = {};  ///< by what commit() has seen
  /// Ids of documents that may have been paid for without anybody knowing it yet: see
  /// lifecycle::may_be_paid_for(). By what commit() has seen.
  std::set<std::string> in_doubt = {};
  /// Ids of documents whose leave to be submitted went to another one, because their file did not answer:
  /// their step ends before anything is sent. Kept by the scheduler.
  std::set<std::string> passed_over = {};
  /// Told of each document that no row works on any more although its file may lie in its inbox: who watches
  /// that inbox looks there again (inbox::Inbox::let_go). May be empty.
  std::function<void(const std::string& inbox, const std::string& name)> let_go = {};
  /// Told when the place of an inbox was made anew, because folders of it have come or gone. May be empty.
  std::function<void(const std::string& inbox)> renewed = {};
  Absences absences = {};           ///< folders that are not there now
  Unwritable unwritable = {};       ///< folders that cannot be written to now
  StorageTrouble storage = {};      ///< of the service
  lifecycle::Submits submits = {};  ///< kept by the scheduler

  lifecycle::Moment moment(Duration poll_in = Duration::zero()) const {
    return {clock.now(), random.fraction(), poll_in, submits};
  }

  /// Runs the blocking `work` on files of the document, as a step on a row in `state` does it, on the threads
  /// of what it touches in `place`.
  template <class Work>
  auto on_files(const queue::Job& job, const Place& place, queue::State state, Work work) {
    return files.run(place.touched_in(state, job), job.id, std::move(work));
  }
  template <class Work>
  auto on_files(const queue::Job& job, const Place& place, Work work) {
    return on_files(job, place, job.state, std::move(work));
  }

  /// The threads for files of the document that are read while they are sent, or written while they are
  /// fetched, in that step. What is written may take its time, as on_files(): the step counts as one that
  /// hangs. A submit has somebody's leave, and ends (http::Timeouts::file).
  Executor for_sending(const queue::Job& job, const Place& place) {
    return files.for_sending(place.touched_in(job.state, job));
  }
  FilePools::Lent for_fetching(const queue::Job& job, const Place& place) {
    return files.for_fetching(place.touched_in(job.state, job), job.id);
  }

  /// Makes a transition durable and tells the observer. Nothing when the row was not as expected any more;
  /// else the row as it is now.
  awaitable<std::optional<queue::Job>> commit(queue::Transition transition);

  /// What is known of a row as it is now: `twins` and `in_doubt`.
  void note(const queue::Job& job);
};

}  // namespace chunkrd::pipeline
