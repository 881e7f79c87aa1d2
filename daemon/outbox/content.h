#pragma once

#include <string>

#include "outbox/folder.h"
#include "outbox/manifest.h"

/// What a part holds, a file or a folder of files, by its name in an open folder. Never through a link.
/// Throws std::system_error.
namespace chunkrd::outbox {

/// Makes what `name` holds durable. A folder in it, or anything but a file, is EINVAL; nothing there ENOENT.
void sync_content(const Folder& folder, const std::string& name);

/// `file` with size and digests of what `name` holds. A folder in it, or anything but a file, is EINVAL.
Manifest::File described(Manifest::File file, const Folder& folder, const std::string& name);

/// Whether `name` is a regular file with just this content.
bool has_content(const Folder& folder, const std::string& name, const std::string& sha256,
                 std::uint64_t size_bytes);

/// Whether `name` holds all that `file` says. What else lies in a folder does not matter.
bool holds(const Folder& folder, const std::string& name, const Manifest::File& file);

/// Copies what `file` says that `name` holds to the new `as` in `to`, synced. False when it is not that.
bool copy_content(const Folder& folder, const std::string& name, const Manifest::File& file, const Folder& to,
                  const std::string& as);

}  // namespace chunkrd::outbox
