#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.h"
#include "local/server/stored_file.h"

namespace chunkrd::local::server {

/// Where things lie in the state directory:
///   lock                     held by the program that uses the folder
///   tasks.sqlite3            the Store
///   signing.key              what signs the URLs
///   incoming/ID              a document on its way in; emptied at start
///   tasks/ID/input           the document
///   tasks/ID/RUN/            one run of the parser: order.json, output.json, images/, document.pdf,
///   error.txt
///
/// All of that is for this program's user alone, also what an earlier version left open to others. None of it
/// may be a link, and nothing else that lies in the directory is touched.
class Folders {
 public:
  /// Creates what is missing and takes the lock, which ends with this object.
  /// Throws UserError if another program has it or something else has one of the names, std::system_error.
  explicit Folders(const std::filesystem::path& state);

  std::filesystem::path database() const { return state_ / "tasks.sqlite3"; }
  std::filesystem::path signing_key() const { return state_ / "signing.key"; }
  std::filesystem::path new_incoming() const;

  /// Paths of a task. `id` is one of make_uuid(): anything else throws std::invalid_argument.
  std::filesystem::path task(const std::string& id) const;
  std::filesystem::path input(const std::string& id) const { return task(id) / kInput; }
  std::filesystem::path run(const std::string& id, const std::string& name) const { return task(id) / name; }

  /// A file of a task, as "input" or "run-1/images/a.png"; nothing if there is none. See open_below().
  std::optional<StoredFile> open(const std::string& id, std::string_view name) const;

  static constexpr const char* kInput = "input";

  /// The tasks that have files.
  std::vector<std::string> task_ids() const;

  /// Removes all files of a task. What cannot be removed is left, with a warning in the log.
  void remove_task(const std::string& id) const;

 private:
  std::filesystem::path state_;
  FileDescriptor lock_;
  FileDescriptor tasks_;
};

/// A random version 4 UUID.
std::string make_uuid();

}  // namespace chunkrd::local::server
