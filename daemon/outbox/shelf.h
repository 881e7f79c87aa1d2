#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/ground.h"
#include "outbox/folder.h"

namespace chunkrd::outbox {

/// A file that is to be put onto a shelf.
struct Lot {
  std::string name;    ///< bytes, with folders, relative
  std::string job_id;  ///< puts of one id are one put
  std::string sha256;  ///< of its content; empty where that is not known
  /// The SHA-256 that tells it from others of its name; the job id does where it is empty.
  std::string mark = sha256;
};

/// What is to be put is neither where it was nor where it was to go.
class OriginalMissing : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A folder for originals, mirrored like the inbox: the archive, or failed/. It is one filesystem; what we
/// have to remember lies in its .chunkrd/. Names are as long as the inbox allows: nothing here makes one path
/// of folder and name.
///
/// Blocking: call it on the file pool; several threads may for different documents. Throws FolderGone while
/// it is not there, std::system_error, UnsafeName, and std::runtime_error for a damaged note of ours.
class Shelf {
 public:
  /// Makes the folder if it is not there.
  explicit Shelf(std::filesystem::path root);
  /// Nothing is looked at yet.
  explicit Shelf(std::shared_ptr<const Ground> ground);

  /// Moves `base` of the folder `from` to `lot.name`, durable on both sides, also across filesystems (copy,
  /// sync, rename, then unlink). Never replaces: the name then gets "~" and the first 8 characters of
  /// `lot.mark` (the last 8 of the job id where it is empty) before its ending, as does a name that ends like
  /// a report. Repeatable: an original that is gone has been moved by a call before if the file is here that
  /// it must be; if it is neither there nor here, that is thrown (OriginalMissing). Returns the name it
  /// has now.
  std::string put(const Folder& from, const std::string& base, const Lot& lot);

  /// The document that put() has placed as `name`, open for reading; none when it is not here.
  FileDescriptor open_file(const std::string& name) const;

  /// Gives what lies here as `name` another name, told apart by `job_id`.
  void set_aside(const std::string& name, const std::string& job_id);

  /// The name that put() had chosen for this job, if it had to note it.
  std::optional<std::string> noted(const std::string& job_id) const;

  /// Writes `report` beside a document that put() has placed: `name` + ".error.json" (shortened with a hash
  /// where that is over 255 bytes; portable() where the file system refuses that). Replaces an earlier report
  /// of the same name.
  void put_report(const std::string& name, std::string_view report);

  /// Removes the report beside the document that put() has placed as `name`; one that is gone is no error.
  void remove_report(const std::string& name);

  /// Moves the document that put() has placed as `name` to the new file `base` of the folder `into`, durable
  /// on both sides, and removes its report. False when it is neither here nor there. Repeatable: the new file
  /// is whole as soon as it is there.
  bool give_back(const std::string& name, const Folder& into, const std::string& base);

  /// Copies it to the new file in the same way; what is here stays.
  bool lend(const std::string& name, const Folder& into, const std::string& base) const;

  /// Deletes, durably, the document that put() has placed as `name` if it is still the one with this digest,
  /// and the folders above it that are empty then. Never goes through a link. Repeatable.
  Removal remove(const std::string& name, const std::string& sha256) const;

  /// Forgets how far put() was with the documents of these names for a job: once it is not called for them
  /// again.
  void forget(const std::vector<std::string>& job_ids) const;

  /// Does anything lie here as `name`? Throws UnsafeName.
  bool has(const std::string& name) const;

  /// Where `name` lies, for people. Throws UnsafeName.
  std::filesystem::path path_of(const std::string& name) const;

  const std::filesystem::path& root() const noexcept { return root_; }

 private:
  Folder open() const;

  std::filesystem::path root_;
  std::shared_ptr<const Ground> ground_;  ///< none: it is there, or an error
};

}  // namespace chunkrd::outbox
