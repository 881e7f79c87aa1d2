#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::outbox {

enum class Layout { flat, folder };

/// A file of a result, or a folder of files: its ending behind the document's name and what holds it now.
struct Part {
  std::string suffix;          ///< ".json", ".md", ".images"
  std::filesystem::path file;  ///< in the delivery's own folder

  /// For a file in which the name itself stands: writes `file` for the name (without folders) that the
  /// delivery gets, before it is made durable. Called again if that name turns out to be taken.
  std::function<void(const std::string& base)> write_for{};
};

/// What a manifest says besides the output's names and digests.
struct Origin {
  std::string job_id, name, task_id, input_sha256, settings_hash;
  int revision = 0;  ///< how often the job was processed anew
  /// The job whose result this one takes the place of, if any: an earlier version of the same document.
  std::string supersedes = {};
  bool is_same_result(const Origin& other) const {
    return task_id == other.task_id && settings_hash == other.settings_hash && revision == other.revision;
  }
};

struct Delivered {
  std::string
      name;  ///< below the outbox: what `.json` was added to; differs from the wish where that was taken
  bool repeated = false;  ///< an earlier, interrupted call had published it already
  std::string told = {};  ///< for the story: what of an earlier result was kept because it was changed
};

/// Results on their way to their readers.
///
/// A delivery is prepared in a folder of its own, <outbox>/.chunkrd/tmp/<job id>/, and becomes visible file
/// by file with rename(2), the JSON last: it is the sign that all is there. With Layout::folder one rename
/// shows the whole folder. A part that is a folder (of files, without folders) is one rename in either
/// layout. Before the first rename an intent is durable in the delivery's folder; it fixes
/// the names, so that a delivery interrupted at any point can be repeated and ends the same. After the last
/// rename it becomes the manifest <outbox>/.chunkrd/manifests/<job id>.json. Names never leave the outbox;
/// an existing file is never replaced: "report.pdf" becomes "report~1a2b3c4d.pdf". A name without room for
/// its suffixes is shortened and gets a hash. The outbox is one filesystem: a mount inside it is an EXDEV.
///
/// A later result of the same job, or of one that supersedes it, replaces the earlier one at its place: file
/// by file, each with one rename, the JSON last; with Layout::folder all of it at once where nothing else
/// lies in the folder. Only what has the content that we gave it is replaced or removed; all else stays where
/// it is. Where a name of the new result has been taken, or what lies there was changed, the new result gets
/// a name of its own. No result lands in the folder of another document's.
///
/// The outbox, and what of ours is in it, is made whenever it is not there. A manifest that is damaged is as
/// none, and is told once.
///
/// A copy is the same outbox.
///
/// Blocking: call it on the file pool, never on the event loop; several threads may call it at once for
/// different jobs. Throws std::system_error (ENOSPC included: nothing visible has changed then, but that
/// the folders of the name may be there).
class Outbox {
 public:
  /// Nothing is looked at yet.
  Outbox(std::filesystem::path root, Layout layout);

  /// The folder for this job's files, made if it is not there. Names in it that begin with "." are ours.
  /// What an interrupted delivery had not made visible yet lies in it again; where it cannot be told how far
  /// that had come, the folder is put aside.
  std::filesystem::path prepare(const std::string& job_id);

  /// Makes `parts` durable, then visible, as `wanted_name` + suffix (bytes, with folders, relative). The
  /// part ".json" must be among them, and all must lie in the folder that prepare() gave. Removes that
  /// folder. Repeatable after a crash and after an error, but for two: ENOENT says that a part is not there,
  /// a failed fsync has removed the part it was for (it must never be synced again); write them anew.
  /// Throws UnsafeName.
  Delivered publish(const Origin& origin, const std::string& wanted_name, const std::vector<Part>& parts);

  /// Copies a part of the result that was delivered for `job_id` to the new file or folder `into`, synced.
  /// False when it is not there any more, or not as it was delivered, or cannot be read: that is told once.
  bool lend(const std::string& job_id, const std::string& suffix, const std::filesystem::path& into) const;

  /// What was delivered for `earlier` is the result of `job_id` from now on, and stays as it lies. Its name;
  /// nothing when nothing is known of it. Repeatable.
  std::optional<std::string> hand_over(const std::string& earlier, const std::string& job_id) const;

  /// Forgets that results were delivered for these jobs: their manifests go, durably; the results stay, and
  /// are nobody's for a later delivery. Repeatable.
  void forget(const std::vector<std::string>& job_ids) const;

  /// Removes what deliveries of jobs that are not in `keep` have left behind, at start, before any other
  /// call. What cannot be removed is logged and stays.
  void sweep(const std::vector<std::string>& keep);

 private:
  struct Root;
  std::shared_ptr<Root> root_;  ///< of all copies
};

}  // namespace chunkrd::outbox
