#pragma once

#include <expected>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/fd.h"
#include "inbox/identity.h"

namespace chunkrd::inbox {

/// "a/b" and "c.pdf" of "a/b/c.pdf"; the folder of a name without a slash is "".
struct SplitName {
  std::string folder, base;
};
SplitName split(std::string_view name);

/// The inverse of split().
std::string join(std::string_view folder, std::string_view base);

/// Whether `name` stays below the folder it is relative to: not empty, not absolute, no "", "." or ".." in
/// it, no NUL, and not in the daemon's own folder.
bool is_below(std::string_view name) noexcept;

/// What there is under a name.
enum class Kind {
  file,     ///< regular
  folder,   ///<
  special,  ///< link, FIFO, socket, device
  gone,     ///< nothing
  unclear,  ///< the system does not say: I/O error, no permission for the folder
};

struct Sighting {
  std::string name;  ///< below the inbox
  Kind kind = Kind::gone;
  Identity identity = {};  ///< of what exists
  std::optional<Identity> sidecar =
      std::nullopt;               ///< of what lies beside a file as its sidecar, whatever kind that is
  std::error_code error = {};     ///< why it is `unclear`
  bool is_being_written = false;  ///< somebody has it open for writing; looked for only where that is said
};

/// A folder tree that is entered from its root only, one step at a time, and never through a link: whoever
/// may write into the inbox must not be able to lead us out of it. The root itself may be a link.
///
/// Blocking.
class Tree {
 public:
  using Error = std::error_code;

  Tree() noexcept = default;  ///< nothing opened

  static std::expected<Tree, Error> open(const std::filesystem::path& root);

  /// Opens `folder` ("" is the root) for reading; ELOOP where a link is in the way.
  std::expected<FileDescriptor, Error> folder(std::string_view folder) const;

  /// Device and inode (and the rest) of the root.
  const Identity& identity() const noexcept { return identity_; }

 private:
  Tree(FileDescriptor root, const Identity& identity) : root_(std::move(root)), identity_(identity) {}

  FileDescriptor root_;
  Identity identity_;
};

/// Looks at `base` in the opened `folder` without opening it, so that a FIFO cannot block and a device
/// cannot be triggered.
Sighting look(int folder, const std::string& base, std::string name);

/// The same where a guess will not do: throws std::system_error instead of saying `unclear`.
Sighting look_surely(int folder, const std::string& base, std::string name);

/// The same as look(), and for a file what lies beside it as its sidecar. It is `unclear` when that is.
Sighting look_with_sidecar(int folder, const std::string& base, std::string name);

/// Whether this error says that the name leads nowhere, or not where we go.
bool means_gone(const std::error_code& error) noexcept;

}  // namespace chunkrd::inbox
