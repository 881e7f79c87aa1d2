#include "outbox/content.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

bool is_folder(const fs::path& path) {
  return fs::symlink_status(path).type() == fs::file_type::directory;
}

std::vector<fs::path> files_in(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.symlink_status().type() != fs::file_type::regular)
      throw std::system_error(EINVAL, std::generic_category(),
                              printable(entry.path().native()) + " is no regular file");
    files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

void sync_one(const fs::path& file) {
  const auto fd = durable::open(file, O_RDONLY | O_NOFOLLOW);
  durable::sync_file(fd.get(), file);
}

bool has_size(const fs::path& file, std::uint64_t size_bytes) {
  struct stat status;
  return ::lstat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) &&
         static_cast<std::uint64_t>(status.st_size) == size_bytes;
}

}  // namespace

void sync_content(const fs::path& path) {
  if (!is_folder(path)) return sync_one(path);
  for (const fs::path& file : files_in(path)) sync_one(file);
  durable::sync_directory(path);
}

Manifest::File described(Manifest::File file, const fs::path& path) {
  if (!is_folder(path)) {
    FileDigest digest = sha256_file(path);
    file.sha256 = std::move(digest.sha256);
    file.size_bytes = digest.size_bytes;
    return file;
  }
  file.size_bytes = 0;
  file.members.emplace();
  for (const fs::path& member : files_in(path)) {
    FileDigest digest = sha256_file(member);
    file.size_bytes += digest.size_bytes;
    file.members->push_back({member.filename(), std::move(digest.sha256), digest.size_bytes});
  }
  return file;
}

bool holds(const fs::path& path, const Manifest::File& file) {
  if (!file.members) return has_size(path, file.size_bytes) && sha256_file(path).sha256 == file.sha256;
  if (!is_folder(path)) return false;
  return std::ranges::all_of(*file.members, [&](const Manifest::Member& member) {
    return has_size(path / member.name, member.size_bytes) &&
           sha256_file(path / member.name).sha256 == member.sha256;
  });
}

void remove_content(const fs::path& path) {
  if (is_folder(path)) {
    fs::remove_all(path);
  } else {
    durable::remove_file(path);
  }
}

}  // namespace chunkrd::outbox
