#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

#include "outbox/folder.h"
#include "outbox/outbox.h"

namespace chunkrd::outbox {

/// What one delivery puts into the outbox: as an intent before its first rename, as a fact after its last.
struct Manifest {
  /// A file in a part that is a folder.
  struct Member {
    std::string name;
    std::string sha256;
    std::uint64_t size_bytes = 0;
    bool operator==(const Member&) const = default;
  };
  struct File {
    std::string suffix;                            ///< behind the document's name
    std::string source;                            ///< name in the delivery's own folder until it is visible
    std::string sha256;                            ///< empty for a folder
    std::uint64_t size_bytes = 0;                  ///< of all members
    std::optional<std::vector<Member>> members{};  ///< of a folder, by name
    bool operator==(const File&) const = default;
  };

  Origin origin;
  bool replaces = false;  ///< an earlier result of the same job
  Layout layout = Layout::flat;
  std::vector<std::string> folders;  ///< below the outbox
  std::string base;                  ///< what the suffixes are added to
  std::vector<File> files;

  /// Below the outbox: folders and base.
  std::string name() const;
  /// The folder of the files, seen from `folders`: none, or the one that is the document's own.
  std::vector<std::string> own_folder() const;
  /// Where a file is once it is visible, below the outbox.
  std::filesystem::path path_of(const File& file) const;
  const File* find(const std::string& suffix) const;
  /// The file that is the sign that all is there.
  const File& json() const;
};

/// Bytes are escaped (core/escape.h), so that the manifest is text whatever the names are.
std::string to_json(const Manifest& manifest);

/// Whether an error speaks of this machine and not of a file: over some time later, it is no reason to take a
/// file for damaged.
bool passes(const std::error_code& code);

/// A file that should be a manifest is none. The text has its path.
class NotAManifest : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Nothing when the file is not there. Throws NotAManifest where it cannot be read, and also where a name in
/// it would lead out of its folder; std::system_error where that is no fault of the file's: passes().
std::optional<Manifest> read_manifest(const std::filesystem::path& path);
std::optional<Manifest> read_manifest(const Folder& folder, const std::string& name);

}  // namespace chunkrd::outbox
