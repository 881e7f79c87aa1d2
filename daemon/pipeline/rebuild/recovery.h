#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/ground.h"
#include "outbox/manifest.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"
#include "pipeline/rebuild/listed.h"
#include "queue/sqlite/sqlite_store.h"

namespace chunkrd::pipeline::rebuild {

/// What was found outside of the old queue.
struct Found {
  std::int64_t delivered = 0;   ///< rows from manifests in the outboxes
  std::int64_t spooled = 0;     ///< from documents in the spool
  std::int64_t failed = 0;      ///< from reports in failed/
  std::int64_t adopted = 0;     ///< documents whose task the list has shown, to be followed
  std::int64_t looked_for = 0;  ///< documents that are looked for once more before they are paid for
  std::vector<std::string> unknown_tasks;  ///< with a tag of ours, and nobody knows whose
  std::vector<std::string> left;           ///< what could not be used: "path: why, what to do"
};

/// Makes rows again for documents that `store` does not know, from what lies in their folders and what the
/// task list says, and mends rows that are older than what lies there. The sources in the order of take():
/// what a better one has told no other changes. Folders of earlier configurations are looked into as far as
/// the state folder remembers them. Nothing but `store` is changed. Blocking; one thread. Throws
/// queue::StoreError, and std::system_error where a folder cannot be read.
class Recovery {
 public:
  Recovery(queue::SqliteStore& store, std::shared_ptr<const Rules> rules, const std::filesystem::path& state,
           const Listed& listed, const Mark& now);

  Found take();

 private:
  // deliveries.cc
  void take_deliveries();
  void take_delivery(const std::filesystem::path& outbox, const std::filesystem::path& file,
                     lifecycle::Reached reached);
  void take_delivery(const std::filesystem::path& outbox, const Place& place,
                     const outbox::Manifest& manifest, lifecycle::Reached reached, WallTime at);
  void find_original(queue::Job& job, const Place& place, lifecycle::Reached reached) const;
  WallTime ended_at(WallTime shown) const;
  bool find_in_archive_before(queue::Job& job) const;
  void count_today();
  const Place& place_of(const std::filesystem::path& outbox, const outbox::Origin& origin) const;

  // spooled.cc
  void take_spooled();
  void take_spooled(const std::filesystem::path& file, const std::vector<std::shared_ptr<Place>>& places);
  void take_spooled(queue::Job job, const Place& place);
  /// The row of a document in the spool as it is to be, and what is told of it.
  struct Resumed {
    queue::Job job;
    std::string told;
  };
  Resumed resume(queue::Job job, const Place& place);
  void look_after_spooled(const queue::Job& known);
  /// Where the document lies in a spool, of now or of before; nothing when in none.
  std::filesystem::path in_spool(const std::string& job_id) const;

  // failures.cc
  void take_failures();
  void take_failure(const std::filesystem::path& failed, const std::filesystem::path& report);

  // tasks.cc
  void look_after_rows();
  void look_for_results();
  void look_for_result(const queue::Job& job, const Place& place, const std::filesystem::path& outbox);
  void look_at_all_jobs();

  /// The row of `id` as a new one begins, in `place`.
  queue::Job begin(const std::string& id, const Place& place, const std::string& name) const;
  /// In an inbox that keeps its originals: the one with these bytes is known then, and not taken again.
  void know_kept_original(queue::Job& job, const Place& place) const;
  bool insert(queue::Job job, const std::string& told);
  bool update(const queue::Job& known, queue::Job after, const std::string& told);
  void count_resumed(const queue::Job& job);
  void leave(const std::filesystem::path& file, const std::string& why);
  /// Does `work`, which is about `file`: one that cannot be read is told, and holds up no other.
  template <class Work>
  void or_leave(const std::filesystem::path& file, Work work);

  queue::SqliteStore& store_;
  std::shared_ptr<const Rules> rules_;
  std::filesystem::path state_;
  const Listed& listed_;
  Mark now_;
  const Remembered remembered_;      ///< folders of this and of earlier configurations
  std::set<std::string> forgotten_;  ///< their rows went by themselves, and are not missed
  int delivered_today_ = 0;          ///< and paid for, as far as manifests say it
  Found found_;
};

template <class Work>
void Recovery::or_leave(const std::filesystem::path& file, Work work) {
  try {
    work();
  } catch (const std::runtime_error& error) {
    if (dynamic_cast<const queue::StoreError*>(&error) != nullptr) throw;
    leave(file, "cannot be read (" + std::string(error.what()) + "); it stays where it is");
  }
}

}  // namespace chunkrd::pipeline::rebuild
