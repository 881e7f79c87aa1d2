#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "config/settings.h"
#include "core/file_pools.h"
#include "inbox/spool.h"
#include "outbox/outbox.h"
#include "outbox/shelf.h"
#include "queue/job.h"

namespace chunkrd::pipeline {

/// The folders around one configured inbox.
struct Place {
  /// Makes the folders that are missing. Blocking. Throws std::system_error.
  Place(config::Inbox inbox, const std::filesystem::path& state);

  config::Inbox rules;
  inbox::Spool spool;
  outbox::Outbox outbox;
  outbox::Shelf failed;
  std::optional<outbox::Shelf> archive;

  /// The profile of a document by the folder it lies in.
  const std::string& profile_of(const std::string& name) const;
  /// Does the inbox's `types` allow this name?
  bool takes(const std::string& name) const;
  /// What the file work of a step on a row in `state` may touch.
  const FileSystems& touched_in(queue::State state) const;

 private:
  FileSystems& touched(queue::State state);

  std::array<FileSystems, queue::kStateCount + 1> touched_;
};

}  // namespace chunkrd::pipeline
