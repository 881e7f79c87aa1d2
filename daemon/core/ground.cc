#include "core/ground.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"

namespace chunkrd {
namespace {

namespace fs = std::filesystem;

// Of the state folder: a file for each folder.
constexpr const char* kMemory = "folders";

// One at a time learns what a folder is, whoever else has an object for it. Of one folder: what does not
// answer holds up nobody who asks for another one.
class Learning {
 public:
  explicit Learning(const fs::path& memory) : lock_(mutex_for(memory)) {}

 private:
  // As many as there are folders in the configuration, and in what is left of earlier ones.
  static std::mutex& mutex_for(const fs::path& memory) {
    static std::mutex guard;
    static std::map<fs::path, std::mutex> mutexes;
    const std::lock_guard lock(guard);
    return mutexes[memory];
  }

  const std::lock_guard<std::mutex> lock_;
};

[[noreturn]] void fail(const char* what, const fs::path& path) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(path.native()));
}

// Of this process, or this machine; not of the folder.
bool says_nothing(int error) {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == EINTR;
}

// A line of mountinfo, "36 35 98:0 /root /mount/point ...": what of the device is seen at the mount point.
struct Mount {
  std::uint64_t parent = 0;
  std::string device, root, point;
};

std::map<std::uint64_t, Mount> all_mounts() {
  std::map<std::uint64_t, Mount> all;
  std::ifstream mounts("/proc/self/mountinfo");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::uint64_t id = 0;
    Mount mount;
    if (fields >> id >> mount.parent >> mount.device >> mount.root >> mount.point) all[id] = std::move(mount);
  }
  return all;
}

// Is the same to be seen there without it? A folder that is mounted onto itself: systemd opens
// ReadWritePaths= so, for the daemon alone.
bool changes_nothing(const Mount& mount, const Mount& below) {
  const std::string above = below.point == "/" ? "" : below.point;
  if (mount.device != below.device || !mount.point.starts_with(above)) return false;
  return mount.root == (below.root == "/" ? "" : below.root) + mount.point.substr(above.size());
}

// The mount point that `path` lies below, as the kernel writes it; of what of it exists. Empty where that
// cannot be known. The same for all programs of this machine, whatever their sandbox.
std::string mount_of(const fs::path& path) {
  struct statx status{};
  fs::path at = path;
  while (::statx(AT_FDCWD, at.c_str(), 0, STATX_MNT_ID, &status) != 0) {
    if (at == at.parent_path() || at.parent_path().empty()) return {};
    at = at.parent_path();
  }
  const auto mounts = all_mounts();
  auto mount = mounts.find(status.stx_mnt_id);
  if (mount == mounts.end()) return {};
  for (auto below = mounts.find(mount->second.parent);
       below != mounts.end() && below != mount && changes_nothing(mount->second, below->second);
       below = mounts.find(mount->second.parent))
    mount = below;
  return mount->second.point;
}

std::string new_id() {
  std::random_device random;
  std::string id;
  for (int i = 0; i < 4; ++i) id += fmt::format("{:08x}", random());
  return id;
}

// Of an open folder, as long as it is mounted.
std::string identity_of(int folder) {
  struct statx status{};
  if (::statx(folder, "", AT_EMPTY_PATH, STATX_INO | STATX_MNT_ID, &status) != 0) return {};
  return fmt::format("{}:{} {} {}", status.stx_dev_major, status.stx_dev_minor, status.stx_ino,
                     status.stx_mnt_id);
}

// But for what we may have made in it.
bool holds_nothing(const fs::path& folder) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().filename() != ".chunkrd") return false;
  return !error;
}

const char* mark_of(Ground::Kind kind) {
  return kind == Ground::Kind::precious ? "../spool.id" : ".chunkrd/id";
}

}  // namespace

FolderGone::FolderGone(fs::path folder, const std::string& why)
    : std::runtime_error(printable(folder.native()) + " " + why), folder_(std::move(folder)) {}

Remembered remembered_in(const fs::path& state) {
  Remembered known;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(state / kMemory, none)) {
    std::ifstream file(entry.path());
    std::string id, mount, folder;
    if (!std::getline(file, id) || id.empty() || !std::getline(file, mount) || !std::getline(file, folder))
      continue;
    const fs::path path = unprintable(folder);
    for (const auto kind : {Ground::Kind::open, Ground::Kind::precious}) {
      std::string mark;
      std::ifstream marked((path / mark_of(kind)).lexically_normal());
      if (!std::getline(marked, mark) || mark != id || !fs::is_directory(path, none)) continue;
      (kind == Ground::Kind::open ? known.open : known.precious).push_back(path);
      break;
    }
  }
  std::ranges::sort(known.open);
  std::ranges::sort(known.precious);
  return known;
}

Ground::Ground(fs::path folder, const fs::path& state, Kind kind)
    : folder_(std::move(folder)),
      memory_(state / kMemory / sha256_hex(folder_.native()).substr(0, 32)),
      kind_(kind) {}

FileDescriptor Ground::open() const {
  if (kind_ == Kind::theirs) return open_theirs();
  FileDescriptor folder = look();
  if (folder) {
    const auto mark = mark_in(folder.get());
    const std::lock_guard lock(mutex_);
    if (mark && !id_.empty() && *mark == id_) return folder;
  }
  return open_otherwise(std::move(folder));
}

bool Ground::exists() const {
  if (look()) return true;
  if (const auto known = recall(); known && known->mount != mount_of(folder_)) throw elsewhere(*known);
  return false;
}

bool Ground::is_known() const {
  return recall().has_value();
}

std::optional<FolderGone> Ground::hidden() const {
  const auto known = recall();
  if (!known || known->mount == mount_of(folder_)) return std::nullopt;
  try {
    if (const auto folder = look()) {
      if (kind_ == Kind::theirs && !holds_nothing(folder_)) return std::nullopt;
      const auto mark = kind_ == Kind::theirs ? std::nullopt : mark_in(folder.get());
      if (mark && (mark->empty() || *mark == known->id)) return std::nullopt;
    }
  } catch (const FolderGone&) {
    // What may not be seen is not it.
  }
  return elsewhere(*known);
}

// None where there is no folder.
FileDescriptor Ground::look() const {
  const int never_through_a_link = kind_ == Kind::precious ? O_NOFOLLOW : 0;
  FileDescriptor folder(::open(folder_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | never_through_a_link));
  if (folder || errno == ENOENT || errno == ENOTDIR) return folder;
  if (says_nothing(errno)) fail("open", folder_);
  gone(fmt::format("cannot be opened ({}): its documents wait until it can",
                   std::generic_category().message(errno)));
}

// Nothing where there is none; empty where somebody has made an empty one.
std::optional<std::string> Ground::mark_in(int folder) const {
  const FileDescriptor file(::openat(folder, mark_of(kind_), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (!file && (errno == ENOENT || errno == ENOTDIR)) return std::nullopt;
  if (!file && says_nothing(errno)) fail("open", folder_ / mark_of(kind_));
  std::array<char, 64> bytes{};
  const ssize_t count = file ? ::read(file.get(), bytes.data(), bytes.size()) : -1;
  if (count < 0)
    gone(fmt::format("cannot be read ({}): its documents wait until it can",
                     std::generic_category().message(errno)));
  std::string id(bytes.data(), static_cast<std::size_t>(count));
  while (!id.empty() && id.back() <= ' ') id.pop_back();
  return id;
}

FileDescriptor Ground::open_otherwise(FileDescriptor folder) const {
  const Learning one_at_a_time(memory_);
  const auto known = recall();
  const std::string mount = mount_of(folder_);
  auto mark = folder ? mark_in(folder.get()) : std::nullopt;
  const bool moved = known && known->mount != mount;
  const bool is_another = mark && !mark->empty() && known && known->id != *mark;
  if (moved && (!mark || is_another)) throw elsewhere(*known);
  if (known && !folder && kind_ == Kind::precious)
    gone(
        "is not there any more: its documents wait. Bring it back; or, if they are lost, make an empty "
        "folder");
  if (!folder) folder = make();
  if (!mark || mark->empty()) {
    mark = new_id();
    durable::make_directories((folder_ / mark_of(kind_)).parent_path());
    durable::write_file(folder_ / mark_of(kind_), *mark + "\n");
  }
  if (!known || known->id != *mark || moved) remember({*mark, mount_of(folder_)});
  const std::lock_guard lock(mutex_);
  id_ = *mark;
  return folder;
}

// `id_` is what the folder was when it was looked at last: as long as it is that, it is the one that is
// known.
FileDescriptor Ground::open_theirs() const {
  FileDescriptor folder = look();
  if (!folder) gone("is not there: its documents wait until it is. Mount or make it, or mend the path");
  const std::string now = identity_of(folder.get());
  {
    const std::lock_guard lock(mutex_);
    if (now == id_) return folder;
  }
  const Learning one_at_a_time(memory_);
  const auto known = recall();
  const std::string mount = mount_of(folder_);
  if (known && known->mount != mount && holds_nothing(folder_)) throw elsewhere(*known);
  if (!known || known->mount != mount) remember({new_id(), mount});
  const std::lock_guard lock(mutex_);
  id_ = now;
  return folder;
}

FileDescriptor Ground::make() const {
  const fs::path above = folder_.parent_path();
  if (struct stat status{}; ::stat(above.c_str(), &status) != 0 && errno == ENOENT)
    gone(
        "is not there, and the folder above it neither: its documents wait. Mount or make that, or mend the "
        "path");
  if (kind_ == Kind::precious) {
    if (::mkdir(folder_.c_str(), 0700) != 0 && errno != EEXIST) {
      fail("create directory", folder_);
    }
    durable::sync_directory(folder_.parent_path());
  } else {
    durable::make_directories(folder_);
  }
  FileDescriptor folder = look();
  if (!folder) fail("open", folder_);
  return folder;
}

// Three lines: the id, the mount point, and, for people, the folder.
std::optional<Ground::Known> Ground::recall() const {
  std::ifstream file(memory_);
  Known known;
  if (!std::getline(file, known.id) || known.id.empty() || !std::getline(file, known.mount))
    return std::nullopt;
  return known;
}

void Ground::remember(const Known& known) const {
  durable::make_directories(memory_.parent_path());
  durable::write_file(memory_,
                      fmt::format("{}\n{}\n{}\n", known.id, known.mount, printable(folder_.native())));
}

FolderGone Ground::elsewhere(const Known& known) const {
  const std::string otherwise =
      kind_ == Kind::theirs ? "put something into it"
                            : "touch " + printable((folder_ / mark_of(kind_)).lexically_normal().native());
  return {folder_,
          fmt::format(
              "is not what it was: it lay on the filesystem that is mounted at {}, which is not there. Its "
              "documents wait for the mount. If it is to be here from now on: {}",
              known.mount, otherwise)};
}

void Ground::gone(const std::string& why) const {
  throw FolderGone(folder_, why);
}

}  // namespace chunkrd
