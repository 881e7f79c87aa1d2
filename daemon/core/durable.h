#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "core/fd.h"

struct stat;

/// Files that are still there after a power cut. All of it blocks: call it on the file pool.
/// Everything throws std::system_error with the path in its text.
namespace chunkrd::durable {

/// Opens with O_CLOEXEC added to `flags`.
FileDescriptor open(const std::filesystem::path& path, int flags, unsigned mode = 0644);

/// Writes all of `bytes`, however often write(2) returns early.
void write_all(int fd, std::string_view bytes, const std::filesystem::path& path_for_errors);

void sync_file(int fd, const std::filesystem::path& path_for_errors);

/// Makes the names in `directory` durable: without it a rename may be gone after a power cut
/// (research/operations.md, power cut test).
void sync_directory(const std::filesystem::path& directory);

/// The same for an open one.
void sync_directory(int fd, const std::filesystem::path& path_for_errors);

/// rename(2) that refuses to replace; both directories are synced. Returns false when `to` exists. On a
/// filesystem that cannot refuse (NFS, many of FUSE) a file is linked and unlinked instead; where there are
/// no links either, and for a folder, `to` is only looked at first. What a crash between the two has left,
/// one file under both names, counts as moved.
bool rename_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// The same from a name in one open folder to a name in another (AT_FDCWD: a path); syncs neither.
bool rename_new_at(int from_folder, const std::filesystem::path& from, int to_folder,
                   const std::filesystem::path& to, const std::filesystem::path& path_for_errors);

/// Creates or replaces `path` with `bytes`: temporary name (hidden, ends in ".tmp", always the same for the
/// same path, short enough for any name), fsync, rename, fsync of the directory. Failing, it leaves nothing.
void write_file(const std::filesystem::path& path, std::string_view bytes);

/// Copies `from` (never through a link) to the new file `to` with its looks, synced, and returns the number
/// of bytes. Throws when `to` exists. Failing half-way, it removes `to`.
std::uint64_t copy_to_new(const std::filesystem::path& from, const std::filesystem::path& to);

/// The same for what is open as `from`, read from its beginning, to the new file `name` in the open `folder`,
/// which is not synced.
std::uint64_t copy_to_new(int from, int folder, const std::string& name,
                          const std::filesystem::path& path_for_errors);

/// Gives the file `fd` what a rename would have left it: `original`'s mode, times, and its owner and group as
/// far as we may. Its owner can read it afterwards, where that is us.
void keep_looks(int fd, const struct stat& original, const std::filesystem::path& path_for_errors);

/// mkdir -p that also syncs each parent it added a name to. Throws if something else has that name.
void make_directories(const std::filesystem::path& directory);

/// The same, and nobody but its owner may look into it; one that is there already and ours is made so, too.
void make_private_directory(const std::filesystem::path& directory);

/// unlink(2); a file that is already gone is no error.
void remove_file(const std::filesystem::path& path);

}  // namespace chunkrd::durable
