#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/fd.h"

namespace chunkrd::local::server {

/// Where things lie in the state directory:
///   lock                     held by the program that uses the folder
///   tasks.sqlite3            the Store
///   signing.key              what signs the URLs
///   incoming/ID              a document on its way in; emptied at start
///   tasks/ID/input           the document
///   tasks/ID/RUN/            one run of the parser: order.json, output.json, images/, document.pdf,
///   error.txt
class Folders {
 public:
  /// Creates what is missing and takes the lock, which ends with this object.
  /// Throws UserError if another program has it, std::system_error.
  explicit Folders(std::filesystem::path state);

  std::filesystem::path database() const { return state_ / "tasks.sqlite3"; }
  std::filesystem::path signing_key() const { return state_ / "signing.key"; }
  std::filesystem::path new_incoming() const;
  std::filesystem::path task(const std::string& id) const { return state_ / "tasks" / id; }
  std::filesystem::path input(const std::string& id) const { return task(id) / "input"; }
  std::filesystem::path run(const std::string& id, const std::string& name) const { return task(id) / name; }

  /// The tasks that have files.
  std::vector<std::string> task_ids() const;

  /// Removes all files of a task. What cannot be removed is left, with a warning in the log.
  void remove_task(const std::string& id) const;

 private:
  std::filesystem::path state_;
  FileDescriptor lock_;
};

/// A random version 4 UUID.
std::string make_uuid();

}  // namespace chunkrd::local::server
