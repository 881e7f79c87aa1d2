#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/fd.h"
#include "core/ground.h"
#include "inbox/identity.h"
#include "inbox/inbox.h"
#include "inbox/label.h"

namespace chunkrd::inbox {

/// What became of taking a document.
enum class Taken {
  taken,       ///< it lies in the spool, synced
  vanished,    ///< no file of that name any more, and not in the spool either
  changed,     ///< another file, or the same one changed: it must settle again
  refused,     ///< not a regular file, or the name leads out of the inbox or through a link
  unreadable,  ///< it would have to be copied and may not be read; it lies where it lay
  forbidden,   ///< nobody but its owner may take it from there (a sticky folder, or one that we may not
               ///< write to); it lies where it lay
};

/// What became of taking a document that may have a sidecar.
struct Took {
  Taken document = Taken::taken;
  /// With a document that was `taken`: `taken` too, or `refused`, `unreadable` or `vanished`: then there was
  /// one, but not one that can be read. Nothing when there was none.
  std::optional<Taken> sidecar = std::nullopt;
};

/// Where originals lie between inbox and archive: one file a job, named by the job's id.
///
/// On the state directory's filesystem that is <state>/spool; for an inbox elsewhere it is
/// <inbox>/.chunkrd/spool, so that taking a document is one rename(2). An inbox that keeps its originals is
/// copied instead (and the copy checked: identity before = identity after), always to <state>/spool.
///
/// A document that was moved and that somebody has open for writing goes back, where that can be known (see
/// Writers); else when the writer used it during take(): nobody can tell what he does with it later. What
/// only changes its ctime (chmod, another hard link that is taken) is no change: times of writing stay.
///
/// Each document here has a Label, where the filesystem can keep one: what the row says of its name.
///
/// Whatever is said to be gone, taken or put back was looked for in the folder itself, not in what may lie at
/// its path while its filesystem is not mounted: then everything here throws FolderGone.
///
/// Blocking: call it on the file pool, never on the event loop. Throws std::system_error, also when the
/// system does not say what lies there: that is never `vanished` or `changed`. Calls for different jobs may
/// run at the same time.
class Spool {
 public:
  enum class Take { move, copy };

  /// Makes the folder (mode 0700), if it was never there. Throws FolderGone when it was and is not.
  Spool(std::filesystem::path inbox, const std::filesystem::path& state, Take take);

  /// The one at `folder`, wherever the configuration would have it now. Nothing is made.
  Spool(std::filesystem::path inbox, const std::filesystem::path& folder, const std::filesystem::path& state,
        Take take);

  /// Where the originals of an inbox are put that is there; in an inbox elsewhere, .chunkrd is made. Throws
  /// std::system_error.
  static std::filesystem::path folder_for(const std::filesystem::path& inbox,
                                          const std::filesystem::path& state, Take take);

  /// Whether rename(2) works from the inbox into `state`: the same filesystem (and subvolume), and the same
  /// mount of it, as this process sees them; a service in a sandbox or a container may see another mount.
  /// Throws std::system_error.
  static bool rename_works(const std::filesystem::path& inbox, const std::filesystem::path& state);

  /// Where the originals of `inbox` may lie, wherever its folder is.
  static std::vector<std::filesystem::path> folders_for(const std::filesystem::path& inbox,
                                                        const std::filesystem::path& state);

  /// Repeatable: a document that an earlier, interrupted call has moved is `taken`. With `move`, a document
  /// on another filesystem below the inbox (a mount inside it) is copied, synced, compared, then unlinked.
  /// A moved document that turns out to have changed goes back to its name; if a new file has that name
  /// by now, to "<job id>.<name>", so that neither is lost.
  Taken take(const std::string& name, const Identity& identity, const std::string& job_id) const;

  /// The same for a document and the sidecar that has settled with it, the sidecar first: a document is never
  /// taken without it. `changed` also when there is another sidecar by now, or one where there was none. A
  /// document that is not taken gets its sidecar back; it stays in the spool only when their folder is gone.
  Took take(const Arrival& document, const std::string& job_id) const;

  /// Puts on a document that lies here what take() puts on it, synced: for one that came here another way.
  /// Its name and identity are in the row.
  void label(const std::string& job_id, const std::string& name, const std::string& identity) const;

  const std::filesystem::path& folder() const noexcept { return ground_->path(); }
  /// Opens the folder.
  FileDescriptor open() const { return ground_->open(); }
  /// Was there ever such a folder, as far as we remember?
  bool is_known() const { return ground_->is_known(); }
  bool copies() const noexcept { return take_ == Take::copy; }

  /// Does the document lie here?
  bool has(const std::string& job_id) const;

  std::filesystem::path path_of(const std::string& job_id) const;
  /// The sidecar's name in the folder.
  static std::string sidecar_id(const std::string& job_id);
  std::filesystem::path sidecar_of(const std::string& job_id) const;

  /// Job ids of every document that lies here, for a check at start.
  std::vector<std::string> job_ids() const;

 private:
  /// Where a document comes from.
  struct Origin {
    std::string base;
    FileDescriptor folder;  ///< none if it is gone
    bool through_link = false;
  };
  Origin find(const std::string& name) const;
  Taken take_file(const std::string& name, const Identity& identity, const std::string& id,
                  std::optional<Label> label) const;
  bool is_there(const std::string& name) const;
  void give_back(const std::string& name, const Identity& identity, const std::string& id) const;

  std::filesystem::path inbox_;
  std::shared_ptr<const Ground> ground_;
  Take take_;
};

}  // namespace chunkrd::inbox
