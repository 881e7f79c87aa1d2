#include "inbox/taking.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "inbox/copy.h"
#include "inbox/writers.h"

namespace chunkrd::inbox {
namespace {

constexpr std::size_t kNameBytesMax = 255;  // of every Linux filesystem we know

[[noreturn]] void fail(const char* what, const std::string& name) {
  throw std::system_error(errno, std::generic_category(), std::string(what) + " " + printable(name));
}

/// For names that only we use. Throws std::system_error also when the new one is taken.
void move_to(int from, const std::string& name, int to, const std::string& new_name) {
  if (!durable::rename_new_at(from, name, to, new_name, name))
    throw std::system_error(EEXIST, std::generic_category(), "move " + printable(name));
}

/// "<job id>.<base>", without the beginning of `base` where that is too long: the ending says what it is.
std::string free_name(const std::string& job_id, const std::string& base) {
  const auto room = kNameBytesMax - job_id.size() - 1;
  return job_id + "." + (base.size() <= room ? base : base.substr(base.size() - room));
}

}  // namespace

Taking::Taking(std::string base, const Identity& identity, std::string job_id, FileDescriptor from,
               FileDescriptor spool, std::optional<Label> label)
    : base_(std::move(base)),
      identity_(identity),
      job_id_(std::move(job_id)),
      aside_(".chunkrd-" + job_id_),
      part_("." + job_id_ + ".part"),
      from_(std::move(from)),
      spool_(std::move(spool)),
      label_(std::move(label)) {}

Taken Taking::move() {
  if (spooled().kind != Kind::gone) return complete_move();
  return_from_aside();
  if (const auto found = examine(); found != Taken::taken) return found;
  try {
    move_to(from_.get(), base_, spool_.get(), job_id_);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::cross_device_link) return move_by_copy();
    return why_not_moved(error);
  }
  // Between the look and the rename somebody may have put another file there.
  if (!spooled().identity.same_content(identity_)) return put_back();
  return complete_move();
}

Taken Taking::copy() {
  if (spooled().kind == Kind::file) return look_in_spool_only();
  if (const auto found = examine(); found != Taken::taken) return found;
  switch (checked_copy(from_.get(), base_, identity_, spool_.get(), part_, label_)) {
    case Copied::changed:
      return Taken::changed;
    case Copied::unreadable:
      return Taken::unreadable;
    case Copied::whole:
      break;
  }
  return publish_copy();
}

void Taking::undo_move() {
  const auto moved = spooled();
  if (moved.kind == Kind::gone) return;
  const auto is_elsewhere = look_surely(from_.get(), ".", {}).identity.device != moved.identity.device;
  if (is_elsewhere) {
    if (checked_copy(spool_.get(), job_id_, moved.identity, from_.get(), aside_, std::nullopt) !=
        Copied::whole)
      fail("put back", base_);
    return_from_aside();
    durable::sync_directory(from_.get(), "the folder of " + base_);
    undo_copy();
  } else {
    (void)put_back();
  }
}

void Taking::undo_copy() {
  if (::unlinkat(spool_.get(), job_id_.c_str(), 0) != 0 && errno != ENOENT) fail("remove", job_id_);
  durable::sync_directory(spool_.get(), "the spool");
}

Taken Taking::look_in_spool_only() const {
  if (spooled().kind != Kind::file) return Taken::vanished;
  sync_spooled();
  sync_folders();
  return Taken::taken;
}

/// `taken` if the document lies there as it was reported, but for its ctime: a copy compares that, too.
Taken Taking::examine() const {
  const FileDescriptor file(::openat(from_.get(), base_.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!file && errno == ENOENT) return Taken::vanished;
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0) fail("examine", base_);
  if (!S_ISREG(status.st_mode)) return Taken::refused;
  return Identity::of(status).same_content(identity_) ? Taken::taken : Taken::changed;
}

/// What it means that the document could not be moved out of its folder; throws `error` when it says nothing
/// about the document.
Taken Taking::why_not_moved(const std::system_error& error) const {
  const auto& code = error.code();
  const bool gone = code == std::errc::no_such_file_or_directory &&
                    look_surely(from_.get(), base_, base_).kind == Kind::gone;  // or is the spool?
  if (gone) return Taken::vanished;
  const bool is_another_users =
      code == std::errc::operation_not_permitted || code == std::errc::permission_denied;
  if (is_another_users) return Taken::forbidden;
  throw error;
}

/// The document lies in the spool; is it what it was? Looked at after the sync, which takes its time: the
/// later the look, the fewer writers are missed. By its name nobody finds it any more, so who has it open for
/// writing now has had it open before. A copy was checked before it came there under this name.
Taken Taking::complete_move() {
  if (lies_aside()) return complete_move_by_copy();
  const auto moved = spooled();
  if (moved.kind == Kind::file) sync_spooled();
  const auto now = spooled();
  if (now.kind != Kind::file || now.identity.size_bytes != identity_.size_bytes ||
      now.identity.mtime_ns != identity_.mtime_ns || writers_of(spool_.get(), job_id_) == Writers::some)
    return put_back();
  remove_old_name(now.identity);
  sync_folders();
  return Taken::taken;
}

Taken Taking::complete_move_by_copy() {
  sync_spooled();
  if (::unlinkat(from_.get(), aside_.c_str(), 0) != 0) fail("remove", aside_);
  sync_folders();
  return Taken::taken;
}

/// Where a rename that does not replace has to be a link and an unlink, a crash leaves both names.
void Taking::remove_old_name(const Identity& moved) {
  const auto old_name = look_surely(from_.get(), base_, base_);
  if (old_name.kind != Kind::file || old_name.identity.device != moved.device ||
      old_name.identity.inode != moved.inode)
    return;
  if (::unlinkat(from_.get(), base_.c_str(), 0) != 0) fail("remove", base_);
}

Taken Taking::put_back() {
  if (const auto file = open_spooled()) take_label_off(file.get());
  return_to_inbox(spool_.get(), job_id_);
  sync_folders();
  return Taken::changed;
}

/// Copy, then hide the original, then see that it is what was copied, and only then let go of it: unlinking
/// by name alone could hit a file that came meanwhile.
Taken Taking::move_by_copy() {
  switch (checked_copy(from_.get(), base_, identity_, spool_.get(), part_, label_)) {
    case Copied::changed:
      return Taken::changed;
    case Copied::unreadable:
      return Taken::unreadable;
    case Copied::whole:
      break;
  }
  try {
    move_to(from_.get(), base_, from_.get(), aside_);
  } catch (const std::system_error& error) {
    drop_copy();
    return why_not_moved(error);
  }
  if (!look_surely(from_.get(), aside_, aside_).identity.same_content(identity_)) {
    drop_copy();
    return_from_aside();
    return Taken::changed;
  }
  (void)publish_copy();
  return complete_move_by_copy();
}

Taken Taking::publish_copy() {
  move_to(spool_.get(), part_, spool_.get(), job_id_);
  sync_folders();
  return Taken::taken;
}

void Taking::drop_copy() const noexcept {
  (void)::unlinkat(spool_.get(), part_.c_str(), 0);
}

void Taking::return_from_aside() {
  if (lies_aside()) return_to_inbox(from_.get(), aside_);
}

void Taking::return_to_inbox(int folder, const std::string& name) {
  if (durable::rename_new_at(folder, name, from_.get(), base_, base_)) return;
  const auto other = free_name(job_id_, base_);
  move_to(folder, name, from_.get(), other);
  spdlog::warn("inbox: {} changed while it was taken, and there is a new file of that name; put back as {}",
               printable(base_), printable(other));
}

FileDescriptor Taking::open_spooled() const noexcept {
  return FileDescriptor(
      ::openat(spool_.get(), job_id_.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
}

void Taking::sync_spooled() const {
  if (const auto file = open_spooled()) {
    if (label_) label_->put_on(file.get());
    return durable::sync_file(file.get(), job_id_);
  }
  if (errno != EACCES && errno != EPERM) fail("open", job_id_);
  // It may not be read, which is found out and told later. Then all of the filesystem is synced.
  if (::syncfs(spool_.get()) != 0) fail("sync", job_id_);
}

/// The spool first: after a power cut the document may have two names, but not none.
void Taking::sync_folders() const {
  durable::sync_directory(spool_.get(), "the spool");
  if (from_) durable::sync_directory(from_.get(), "the folder of " + base_);
}

}  // namespace chunkrd::inbox
