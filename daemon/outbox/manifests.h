#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "outbox/folder.h"
#include "outbox/manifest.h"

namespace chunkrd::outbox {

/// The folders of an outbox that are ours. They are opened anew each time, and made where they are not there:
/// an outbox may be removed, and made again, while we run.
struct Places {
  std::filesystem::path root;
  std::filesystem::path deliveries() const { return root / ".chunkrd" / "tmp"; }
  std::filesystem::path manifests() const { return root / ".chunkrd" / "manifests"; }

  Folder open() const;
  /// `.chunkrd`, which nobody else may look into. What is made in it is visible one day, and is as all else.
  Folder open_own() const;
  Folder open_deliveries() const { return open_own().own("tmp"); }
  Folder open_manifests() const { return open_own().own("manifests"); }
};

/// What was delivered, job by job. A manifest that cannot be read is told once, and is as none: nothing of
/// its delivery is known to be ours then. Any thread. Throws std::system_error for what is no fault of the
/// manifest's (no descriptors, no memory).
class Manifests {
 public:
  explicit Manifests(const Places& places) : places_(places) {}

  std::optional<Manifest> find(const std::string& job_id) const;

  /// `intent` in `folder` becomes the manifest of `job_id`.
  void take(const Folder& folder, const std::string& intent, const std::string& job_id) const;

  /// What was delivered for `earlier` is what was delivered for `job_id` from now on. Its name; nothing when
  /// nothing is known of it. Repeatable.
  std::optional<std::string> hand_over(const std::string& earlier, const std::string& job_id) const;

  /// Durably. One that cannot be removed is told and stays.
  void remove(const std::vector<std::string>& job_ids) const;

 private:
  const Places& places_;
};

/// Says in the log what of the delivery of `job_id` cannot be read or removed. Any thread.
void tell_unusable(const std::string& job_id, const std::string& what);

}  // namespace chunkrd::outbox
