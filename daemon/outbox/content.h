#pragma once

#include <filesystem>

#include "outbox/manifest.h"

/// What a part holds, a file or a folder of files. Never through a link. Throws std::system_error.
namespace chunkrd::outbox {

/// Makes what `path` holds durable.
void sync_content(const std::filesystem::path& path);

/// `file` with size and digests of what `path` holds. A folder in it, or anything but a file, is EINVAL.
Manifest::File described(Manifest::File file, const std::filesystem::path& path);

/// Whether `path` holds just what `file` says.
bool holds(const std::filesystem::path& path, const Manifest::File& file);

/// A file or a folder; what is gone is no error.
void remove_content(const std::filesystem::path& path);

}  // namespace chunkrd::outbox
