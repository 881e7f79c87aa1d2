#include "outbox/shelf.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <cerrno>
#include <optional>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "core/sha256.h"
#include "outbox/folder.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

constexpr std::string_view kReport = ".error.json";

// How far a put() is, where the files alone cannot say it.
//   no note            the original has gone, or will go, to the wanted name by one rename
//   note               by one rename to `name`
//   note with `copied` the copy at `name` is whole unless it still has its temporary name
struct Note {
  std::string name;
  bool copied = false;
};

std::string joined(const std::vector<std::string>& folders, const std::string& base) {
  std::string name;
  for (const std::string& folder : folders) name += folder + '/';
  return name + base;
}

std::string report_of(const std::string& base) {
  return fitted(base, kReport.size()).append(kReport);
}

std::string portable_report_of(const std::string& base) {
  return portable(base, kReport.size()).append(kReport);
}

bool same_content(const FileDescriptor& one, const FileDescriptor& other) {
  if (!one || !other) return false;
  const auto digest = sha256_of(one.get(), "a document on the shelf");
  const auto other_digest = sha256_of(other.get(), "its original");
  return digest.size_bytes == other_digest.size_bytes && digest.sha256 == other_digest.sha256;
}

// A document and the folder it lies in, or would lie in.
struct Found {
  std::optional<Folder> folder;  ///< none when it is not there
  std::string base;
  FileDescriptor open() const { return folder ? folder->open_if_file(base) : FileDescriptor(); }
};

Found find(const Folder& root, const std::string& name) {
  const RelativeName document(name);
  return {root.existing(document.folders()), document.base()};
}

// Copies under a hidden name first: `base` is whole as soon as it is there.
void copy_whole(const FileDescriptor& from, const Folder& into, const std::string& base) {
  const std::string temporary = "." + base + ".lent";
  into.remove(temporary);
  durable::copy_to_new(from.get(), into.descriptor(), temporary, into.path() / temporary);
  if (!into.move(temporary, into, base)) into.remove(temporary);
  into.sync();
}

// False when it had to be copied, so that it is still where it was.
bool move_to_new(const Folder& from, const std::string& from_base, const Folder& into,
                 const std::string& base) {
  try {
    if (!from.move(from_base, into, base)) return false;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::cross_device_link) throw;
    copy_whole(from.open_if_file(from_base), into, base);
    return false;
  }
  into.sync();
  from.sync();
  return true;
}

std::optional<Note> read_note_at(const fs::path& path) {
  const auto text = read_if_there(path);
  if (!text) return std::nullopt;
  try {
    const json::value document = json::parse(*text);
    return Note{.name = unprintable(json::value_to<std::string>(document.at("name"))),
                .copied = document.at("copied").as_bool()};
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: not a note of ours: {}", printable(path.native()), error.what()));
  }
}

// One document's way onto the shelf.
class Move {
 public:
  Move(const Folder& root, const Folder& from, const std::string& base, const Lot& lot)
      : root_(root),
        from_(from),
        base_(base),
        lot_(lot),
        marks_{.sha256 = lot.mark, .job_id = lot.job_id},
        note_path_(root.path() / ".chunkrd" / "notes" / lot.job_id),
        copies_(root.path() / ".chunkrd" / "tmp") {}

  std::string run();

 private:
  void write_note(const Note& note) const;
  void remove_note() const;
  std::string moved_before(const std::optional<Note>& note) const;
  bool is_it(const Found& found, bool noted) const;
  bool copy_is_in_place(const Note& note) const;
  std::string place_as(const Folder& target, const std::string& wanted);
  bool is_refused(const std::string& base) const;
  bool place(const Folder& target, const std::string& base);
  bool move_over(const Folder& target, const std::string& base, const std::string& placed_name);
  void copy_original() const;
  void remove_original(const std::string& placed_name) const;

  const Folder& root_;
  const Folder& from_;
  const std::string& base_;
  const Lot& lot_;
  const Marks marks_;
  const fs::path note_path_, copies_;
  bool across_ = false;  ///< the original is on another filesystem, its copy lies ready
};

std::string Move::run() {
  const RelativeName wanted(lot_.name);
  const auto note = read_note_at(note_path_);
  if (!from_.has(base_)) return moved_before(note);
  if (note && note->copied && copy_is_in_place(*note)) {
    remove_original(note->name);
    return note->name;
  }
  if (note) remove_note();
  const Folder target = root_.below(wanted.folders());
  try {
    return place_as(target, wanted.base());
  } catch (const std::system_error& error) {
    if (!may_be_the_name(error.code()) || !is_refused(wanted.base())) throw;
    return place_as(target, portable(wanted.base(), kReport.size()));
  }
}

std::string Move::place_as(const Folder& target, const std::string& wanted) {
  for (unsigned n = 0; n < kCandidatesMax; ++n) {
    // Reports are replaced by newer ones, so no document may have a report's name.
    if (n == 0 && wanted.ends_with(kReport)) continue;
    const std::string base = candidate(n, wanted, marks_, 0);
    if (place(target, base)) return joined(target.names(), base);
  }
  throw std::system_error(
      EEXIST, std::generic_category(),
      fmt::format("no free name in {} for {}", printable(target.path().native()), printable(lot_.name)));
}

bool Move::is_refused(const std::string& base) const {
  durable::make_directories(copies_);
  return Folder(copies_).refuses(base);
}

// That it is not where it was proves nothing: somebody may have taken it away.
std::string Move::moved_before(const std::optional<Note>& note) const {
  const std::string& placed_name = note ? note->name : lot_.name;
  const Found placed = find(root_, placed_name);
  if (!is_it(placed, note.has_value()))
    throw OriginalMissing(
        fmt::format("the original is neither in {} as {} nor in {} as {}: bring it back to one of them",
                    printable(from_.path().native()), printable(base_), printable(root_.path().native()),
                    printable(placed_name)));
  placed.folder->sync();
  from_.sync();
  return placed_name;
}

// What has no digest is known by its note alone.
bool Move::is_it(const Found& found, bool noted) const {
  const FileDescriptor file = lot_.sha256.empty() ? FileDescriptor() : found.open();
  if (lot_.sha256.empty()) {
    const auto there = found.folder ? found.folder->status(found.base) : std::nullopt;
    return noted && there && S_ISREG(there->st_mode);
  }
  return file && sha256_of(file.get(), found.folder->path() / found.base).sha256 == lot_.sha256;
}

void Move::write_note(const Note& note) const {
  durable::make_directories(note_path_.parent_path());
  durable::write_file(note_path_,
                      json::serialize(json::value{{"name", printable(note.name)}, {"copied", note.copied}}));
}

void Move::remove_note() const {
  durable::remove_file(note_path_);
  sync_if_there(note_path_.parent_path());
}

// The contents are compared although the note says so: the original is about to be removed.
bool Move::copy_is_in_place(const Note& note) const {
  const Found placed = find(root_, note.name);
  const fs::path copy = copies_ / lot_.job_id;
  if (!placed.folder) return false;
  if (is_there(copy)) {
    const Folder copies(copies_);
    const auto one = copies.status(lot_.job_id), other = placed.folder->status(placed.base);
    if (!one || !other || one->st_ino != other->st_ino || one->st_dev != other->st_dev) return false;
  }
  if (!same_content(placed.open(), from_.open_if_file(base_))) return false;
  durable::remove_file(copy);  // a crash between link and unlink, see Folder::move_in()
  placed.folder->sync();
  return true;
}

// False when the name is taken.
bool Move::place(const Folder& target, const std::string& base) {
  const std::string placed_name = joined(target.names(), base);
  if (across_) return move_over(target, base, placed_name);
  if (placed_name != lot_.name || lot_.sha256.empty()) write_note({.name = placed_name});
  try {
    if (!from_.move(base_, target, base)) return false;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::cross_device_link) throw;
    copy_original();
    across_ = true;
    return move_over(target, base, placed_name);
  }
  target.sync();
  from_.sync();
  return true;
}

bool Move::move_over(const Folder& target, const std::string& base, const std::string& placed_name) {
  write_note({.name = placed_name, .copied = true});
  const Folder copies(copies_);
  if (!copies.move(lot_.job_id, target, base)) return false;
  target.sync();
  copies.sync();
  remove_original(placed_name);
  return true;
}

void Move::copy_original() const {
  durable::make_directories(copies_);
  const Folder copies(copies_);
  copies.remove(lot_.job_id);
  const FileDescriptor original = from_.open_if_file(base_);
  struct stat before{}, after{};
  if (!original || ::fstat(original.get(), &before) != 0)
    throw std::system_error(errno, std::generic_category(),
                            "open " + printable((from_.path() / base_).native()));
  const std::uint64_t copied =
      durable::copy_to_new(original.get(), copies.descriptor(), lot_.job_id, copies_ / lot_.job_id);
  if (::fstat(original.get(), &after) != 0 || copied != static_cast<std::uint64_t>(after.st_size) ||
      after.st_mtim.tv_sec != before.st_mtim.tv_sec || after.st_mtim.tv_nsec != before.st_mtim.tv_nsec) {
    copies.remove(lot_.job_id);
    throw std::system_error(
        EIO, std::generic_category(),
        fmt::format("copy {}: it changed meanwhile", printable((from_.path() / base_).native())));
  }
  copies.sync();
}

void Move::remove_original(const std::string& placed_name) const {
  from_.remove(base_);
  from_.sync();
  if (placed_name == lot_.name && !lot_.sha256.empty()) remove_note();
}

}  // namespace

Shelf::Shelf(fs::path root) : root_(std::move(root)) {
  durable::make_directories(root_);
}

Shelf::Shelf(std::shared_ptr<const Ground> ground) : root_(ground->path()), ground_(std::move(ground)) {}

Folder Shelf::open() const {
  return ground_ ? Folder(root_, ground_->open()) : Folder(root_);
}

std::string Shelf::put(const Folder& from, const std::string& base, const Lot& lot) {
  if (!RelativeName(lot.job_id).folders().empty())
    throw UnsafeName("the job id \"" + printable(lot.job_id) + "\" is no file name");
  const Folder root = open();
  return Move(root, from, base, lot).run();
}

void Shelf::set_aside(const std::string& name, const std::string& job_id) {
  const Folder root = open();
  const Found found = find(root, name);
  if (found.folder)
    (void)Move(root, *found.folder, found.base, {.name = name, .job_id = job_id, .sha256 = {}}).run();
}

std::optional<std::string> Shelf::noted(const std::string& job_id) const {
  const auto note = read_note_at(open().path() / ".chunkrd" / "notes" / job_id);
  return note ? std::optional(note->name) : std::nullopt;
}

FileDescriptor Shelf::open_file(const std::string& name) const {
  return find(open(), name).open();
}

bool Shelf::has(const std::string& name) const {
  const Found found = find(open(), name);
  return found.folder && found.folder->has(found.base);
}

void Shelf::put_report(const std::string& name, std::string_view report) {
  const RelativeName document(name);
  const Folder target = open().below(document.folders());
  const fs::path temporary = root_ / ".chunkrd" / "tmp" / (sha256_hex(name) + ".report");
  durable::make_directories(temporary.parent_path());
  {
    const auto fd = durable::open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    durable::write_all(fd.get(), report, temporary);
    durable::sync_file(fd.get(), temporary);
  }
  const std::string report_name = report_of(document.base());
  try {
    target.replace(temporary, report_name);
  } catch (const std::system_error& error) {
    if (!may_be_the_name(error.code()) || !Folder(temporary.parent_path()).refuses(report_name)) throw;
    target.replace(temporary, portable_report_of(document.base()));
  }
  target.sync();
}

void Shelf::remove_report(const std::string& name) {
  const Found document = find(open(), name);
  if (!document.folder) return;
  document.folder->remove(report_of(document.base));
  document.folder->remove(portable_report_of(document.base));
  document.folder->sync();
}

bool Shelf::give_back(const std::string& name, const Folder& into, const std::string& base) {
  const Found document = find(open(), name);
  const FileDescriptor file = document.open();
  if (into.has(base)) {
    if (file && !same_content(file, into.open_if_file(base)))
      return true;  // a new document has the name by now
  } else if (!file) {
    return false;
  } else if (move_to_new(*document.folder, document.base, into, base)) {
    remove_report(name);
    return true;
  }
  if (file) {
    document.folder->remove(document.base);
    document.folder->sync();
  }
  remove_report(name);
  return true;
}

bool Shelf::lend(const std::string& name, const Folder& into, const std::string& base) const {
  const FileDescriptor file = find(open(), name).open();
  if (!file) return false;
  copy_whole(file, into, base);
  return true;
}

Removal Shelf::remove(const std::string& name, const std::string& sha256) const {
  const RelativeName document(name);
  const Folder root = open();
  std::vector<std::string> folders = document.folders();
  const auto folder = root.existing(folders);
  const Removal removal = folder ? folder->remove_if_content(document.base(), sha256) : Removal::gone;
  if (removal == Removal::another) return removal;
  if (folder) folder->sync();
  // Also when it was gone: a crash may have come before its folders, or between two of them.
  for (; !folders.empty(); folders.pop_back()) {
    const auto above = root.existing({folders.begin(), folders.end() - 1});
    if (!above) continue;
    if (!above->remove_if_empty(folders.back()) && above->has(folders.back())) break;
    above->sync();
  }
  return removal;
}

void Shelf::forget(const std::vector<std::string>& job_ids) const {
  const auto folder = open().existing({".chunkrd", "notes"});
  if (!folder) return;
  for (const std::string& job_id : job_ids) folder->remove(job_id);
  folder->sync();
}

fs::path Shelf::path_of(const std::string& name) const {
  const RelativeName document(name);
  fs::path path = root_;
  for (const std::string& folder : document.folders()) path /= folder;
  return path / document.base();
}

}  // namespace chunkrd::outbox
