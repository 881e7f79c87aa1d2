#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "core/file_pools.h"
#include "core/ground.h"
#include "inbox/spool.h"
#include "outbox/outbox.h"
#include "outbox/shelf.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// A folder of the configuration, and what a look at it touches.
struct Folder {
  const char* role;  ///< inbox, spool, outbox, failed, archive, state
  std::filesystem::path path;
  FileSystems on;
};

/// The folders around an inbox: as it is configured, or as they are for one document (home_of()). A folder
/// that was there before and is not now is not made: who needs it is told so with FolderGone.
struct Place {
  /// A folder that was not there, or could not be worked with, when the place was made.
  struct Gone {
    std::filesystem::path folder;
    std::string why;  ///< for people: what happened, and what to do
    bool operator==(const Gone&) const = default;
  };

  /// Makes the folders that are missing. Whatever is wrong with one holds up only who needs it: it stands in
  /// `gone`, and the place is to be made again when that has changed. Blocking.
  Place(config::Inbox inbox, const std::filesystem::path& state);

  config::Inbox rules;
  std::filesystem::path state_folder;
  std::vector<Gone> gone;
  /// Folders that could not be made ready, for want of space or on a read-only disk: whoever writes there
  /// does it, as soon as that works.
  std::vector<std::filesystem::path> unready;
  std::shared_ptr<const Ground> inbox_ground;
  inbox::Spool spool;
  std::shared_ptr<const Ground> outbox_ground;
  outbox::Outbox outbox;
  outbox::Shelf failed;
  std::optional<outbox::Shelf> archive;

  /// The outbox, which is there: who may be going to write into it asks for it so. Blocking. Throws
  /// FolderGone.
  outbox::Outbox open_outbox() const;

  /// Is a folder gone that a document needs until its end?
  bool misses_a_place() const;

  /// The name that the results of this document have.
  const std::string& title_of(const std::string& name) const;
  /// The profile of a document by the folder it lies in.
  const std::string& profile_of(const std::string& name) const;
  /// Does the inbox's `types` allow this name?
  bool takes(const std::string& name) const;
  std::vector<Folder> folders;  ///< each once

  /// What making it touches.
  const FileSystems& touched_in_all() const { return touched_.front(); }
  FileSystems touched_in_all(const queue::Job& job) const { return with_its_own(touched_.front(), job); }
  /// What the file work of a step on a row in `state` may touch, as far as the configuration says it.
  const FileSystems& touched_in(queue::State state) const;
  /// The same for this document. What its row names and the configuration does not counts as a file system
  /// of its own: nobody has looked on which one it lies, and it may not answer.
  FileSystems touched_in(queue::State state, const queue::Job& job) const;

 private:
  inbox::Spool make_spool();
  template <class Look>
  void look_at(const std::filesystem::path& folder, Look look);
  FileSystems& touched(queue::State state);
  FileSystems with_its_own(FileSystems touched, const queue::Job& job) const;

  std::array<FileSystems, queue::kStateCount + 1> touched_;  ///< the first: all
};

/// The folders of one document. Its row says where its files lie; the configuration, which may have changed
/// since, says it for what is not there yet, and where what the row names was moved away. A document whose
/// row does not say it (of an earlier release) is looked for in every spool it may lie in, and so is one
/// whose state folder was moved. Blocking. Throws FolderGone where a folder that may have it cannot be seen.
Place home_of(const Place& configured, const queue::Job& job);

/// The same for who needs only the outbox of a document: no other folder is looked at, so that results come
/// in while its inbox does not answer.
Place results_of(const Place& configured, const queue::Job& job);

}  // namespace chunkrd::pipeline
