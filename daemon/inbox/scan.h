#pragma once

#include <dirent.h>

#include <cstddef>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "core/fd.h"
#include "inbox/known.h"
#include "inbox/names.h"
#include "inbox/tree.h"

namespace chunkrd::inbox {

/// How closely a listed folder is looked at.
enum class Depth {
  names,  ///< a known name with the same inode is believed to be unchanged: costs the listing only
  files,  ///< every file is looked at
};

/// One folder of the inbox being listed, a piece at a time, so that a huge folder neither holds the memory
/// nor the stop. Blocking; throws std::system_error.
class Listing {
 public:
  /// `folder`: its name below the inbox; `fd`: the folder, opened.
  Listing(std::string folder, FileDescriptor fd);

  struct Piece {
    std::vector<Sighting> files;       ///< files and special files that are not known as they are
    std::vector<std::string> folders;  ///< to be entered, names below the inbox
    std::size_t entries = 0;           ///< all that the folder has, whatever they are
    bool last = false;
  };

  /// The next `entries_max` entries, without what `names` ignores and without sidecars: those are seen beside
  /// their documents. Marks what it meets in `known` as seen.
  Piece next(const Names& names, Known& known, Depth depth, std::size_t entries_max);

 private:
  struct Close {
    void operator()(DIR* directory) const noexcept { ::closedir(directory); }
  };

  void sort_in(const dirent& entry, const Names& names, Known& known, Depth depth, Piece& piece) const;

  std::string folder_;
  std::unique_ptr<DIR, Close> directory_;
};

/// A folder of the inbox, ready to be listed.
struct OpenedFolder {
  std::unique_ptr<Listing> listing;  ///< null on error
  bool tells_of_changes = false;     ///< whether watching it makes sense
  std::error_code error;
};
OpenedFolder open_folder(const Tree& tree, const std::string& folder);

/// Looks at each of `names`, in order.
std::vector<Sighting> look_at(const Tree& tree, const std::vector<std::string>& names);

/// The same, and whether somebody has the files, or their sidecars, open for writing.
std::vector<Sighting> look_closely(const Tree& tree, const std::vector<std::string>& names);

}  // namespace chunkrd::inbox
