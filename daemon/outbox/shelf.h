#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "outbox/folder.h"

namespace chunkrd::outbox {

/// A folder for originals, mirrored like the inbox: the archive, or failed/. It is one filesystem; what we
/// have to remember lies in its .chunkrd/.
///
/// Blocking: call it on the file pool; several threads may for different documents. Throws std::system_error,
/// UnsafeName, and std::runtime_error for a damaged note of ours.
class Shelf {
 public:
  /// Makes the folder if it is not there.
  explicit Shelf(std::filesystem::path root);

  /// Moves `original` to `name` (bytes, with folders, relative), durable on both sides, also across
  /// filesystems (copy, sync, rename, then unlink). Never replaces: the name then gets "~" and the first 8
  /// characters of `sha256` (of the original; the last 8 of the job id where it is empty) before its ending,
  /// as does a name that ends like a report. Repeatable: when `original` is gone the call before has done it.
  /// Returns the name it has (or would have) now.
  std::string put(const std::filesystem::path& original, const std::string& name, const std::string& sha256,
                  const std::string& job_id);

  /// Writes `report` beside a document that put() has placed: `name` + ".error.json" (shortened with a hash
  /// where that is over 255 bytes). Replaces an earlier report of the same name.
  void put_report(const std::string& name, std::string_view report);

  /// Removes the report beside the document that put() has placed as `name`; one that is gone is no error.
  void remove_report(const std::string& name);

  /// Moves the document that put() has placed as `name` to the new file `into`, durable on both sides, and
  /// removes its report. False when it is neither here nor there. Repeatable: `into` is whole as soon as it
  /// is there.
  bool give_back(const std::string& name, const std::filesystem::path& into);

  /// Copies it to the new file `into` in the same way; what is here stays.
  bool lend(const std::string& name, const std::filesystem::path& into) const;

  /// Deletes, durably, the document that put() has placed as `name` if it is still the one with this digest,
  /// and the folders above it that are empty then. Never goes through a link. Repeatable.
  Removal remove(const std::string& name, const std::string& sha256) const;

  /// Forgets how far put() was with the documents of these names for a job: once it is not called for them
  /// again.
  void forget(const std::vector<std::string>& job_ids) const;

  /// Where `name` lies. Throws UnsafeName.
  std::filesystem::path path_of(const std::string& name) const;

 private:
  std::filesystem::path root_;
};

}  // namespace chunkrd::outbox
