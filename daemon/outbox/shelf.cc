#include "outbox/shelf.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
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

bool same_content(const fs::path& one, const fs::path& other) {
  std::error_code error;
  if (!fs::is_regular_file(fs::symlink_status(one, error))) return false;
  const auto digest = sha256_file(one);
  const auto other_digest = sha256_file(other);
  return digest.size_bytes == other_digest.size_bytes && digest.sha256 == other_digest.sha256;
}

bool is_regular(const fs::path& path) {
  std::error_code error;
  return fs::is_regular_file(fs::symlink_status(path, error));
}

// Copies under a hidden name first: `into` is whole as soon as it is there.
void copy_whole(const fs::path& from, const fs::path& into) {
  const fs::path temporary = into.parent_path() / ("." + into.filename().native() + ".lent");
  durable::remove_file(temporary);
  durable::copy_to_new(from, temporary);
  if (!durable::rename_new(temporary, into)) durable::remove_file(temporary);
}

// False when it had to be copied, so that `from` is still there.
bool move_to_new(const fs::path& from, const fs::path& into) {
  try {
    return durable::rename_new(from, into);
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::cross_device_link) throw;
    copy_whole(from, into);
    return false;
  }
}

// One document's way onto the shelf.
class Move {
 public:
  Move(const fs::path& root, const fs::path& original, const std::string& name, const Marks& marks)
      : root_(root),
        original_(original),
        name_(name),
        marks_(marks),
        note_path_(root / ".chunkrd" / "notes" / marks.job_id),
        copy_(root / ".chunkrd" / "tmp" / marks.job_id) {}

  std::string run();

 private:
  std::optional<Note> read_note() const;
  void write_note(const Note& note) const;
  void remove_note() const;
  bool copy_is_in_place(const Note& note) const;
  bool place(const Folder& target, const std::string& base);
  bool move_over(const Folder& target, const std::string& base, const std::string& placed_name);
  void copy_original() const;
  void remove_original(const std::string& placed_name) const;

  const fs::path& root_;
  const fs::path& original_;
  const std::string& name_;
  const Marks& marks_;
  fs::path note_path_;
  fs::path copy_;
  bool across_ = false;  ///< the original is on another filesystem, its copy lies ready
};

std::string Move::run() {
  const RelativeName wanted(name_);
  const auto note = read_note();
  if (!is_there(original_)) {
    const std::string placed_name = note ? note->name : name_;
    sync_if_there((root_ / placed_name).parent_path());
    sync_if_there(original_.parent_path());
    return placed_name;
  }
  if (note && note->copied && copy_is_in_place(*note)) {
    remove_original(note->name);
    return note->name;
  }
  if (note) remove_note();
  const Folder target = Folder(root_).below(wanted.folders());
  for (unsigned n = 0; n < kCandidatesMax; ++n) {
    // Reports are replaced by newer ones, so no document may have a report's name.
    if (n == 0 && wanted.base().ends_with(kReport)) continue;
    const std::string base = candidate(n, wanted.base(), marks_, 0);
    if (place(target, base)) return joined(target.names(), base);
  }
  throw std::system_error(
      EEXIST, std::generic_category(),
      fmt::format("no free name in {} for {}", printable(target.path().native()), printable(name_)));
}

std::optional<Note> Move::read_note() const {
  const auto text = read_if_there(note_path_);
  if (!text) return std::nullopt;
  try {
    const json::value document = json::parse(*text);
    return Note{.name = unprintable(json::value_to<std::string>(document.at("name"))),
                .copied = document.at("copied").as_bool()};
  } catch (const std::exception& error) {
    throw std::runtime_error(
        fmt::format("{}: not a note of ours: {}", printable(note_path_.native()), error.what()));
  }
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
  const fs::path placed = root_ / note.name;
  if (is_there(copy_) && !are_one_file(copy_, placed)) return false;
  if (!same_content(placed, original_)) return false;
  durable::remove_file(copy_);  // a crash between link and unlink, see Folder::move_in()
  durable::sync_directory(placed.parent_path());
  return true;
}

// False when the name is taken.
bool Move::place(const Folder& target, const std::string& base) {
  const std::string placed_name = joined(target.names(), base);
  if (across_) return move_over(target, base, placed_name);
  if (placed_name != name_) write_note({.name = placed_name});
  try {
    if (!target.move_in(original_, base)) return false;
  } catch (const std::system_error& error) {
    if (error.code() != std::errc::cross_device_link) throw;
    copy_original();
    across_ = true;
    return move_over(target, base, placed_name);
  }
  target.sync();
  durable::sync_directory(original_.parent_path());
  return true;
}

bool Move::move_over(const Folder& target, const std::string& base, const std::string& placed_name) {
  write_note({.name = placed_name, .copied = true});
  if (!target.move_in(copy_, base)) return false;
  target.sync();
  durable::sync_directory(copy_.parent_path());
  remove_original(placed_name);
  return true;
}

void Move::copy_original() const {
  durable::make_directories(copy_.parent_path());
  durable::remove_file(copy_);
  struct stat before;
  if (::lstat(original_.c_str(), &before) != 0)
    throw std::system_error(errno, std::generic_category(), "look up " + printable(original_.native()));
  const std::uint64_t copied = durable::copy_to_new(original_, copy_);
  if (copied != static_cast<std::uint64_t>(before.st_size))
    throw std::system_error(
        EIO, std::generic_category(),
        fmt::format("copy {}: {} bytes of {}", printable(original_.native()), copied, before.st_size));
  // As with a rename, the document keeps its rights and its time.
  const auto fd = durable::open(copy_, O_WRONLY | O_NOFOLLOW);
  const struct timespec times[] = {before.st_atim, before.st_mtim};
  if (::fchmod(fd.get(), before.st_mode & 0777) != 0 || ::futimens(fd.get(), times) != 0)
    throw std::system_error(errno, std::generic_category(), "set mode of " + printable(copy_.native()));
  durable::sync_file(fd.get(), copy_);
}

void Move::remove_original(const std::string& placed_name) const {
  durable::remove_file(original_);
  durable::sync_directory(original_.parent_path());
  if (placed_name == name_) remove_note();
}

}  // namespace

Shelf::Shelf(fs::path root) : root_(std::move(root)) {
  durable::make_directories(root_);
}

std::string Shelf::put(const fs::path& original, const std::string& name, const std::string& sha256,
                       const std::string& job_id) {
  if (!RelativeName(job_id).folders().empty())
    throw UnsafeName("the job id \"" + printable(job_id) + "\" is no file name");
  const Marks marks{.sha256 = sha256, .job_id = job_id};
  return Move(root_, original, name, marks).run();
}

void Shelf::put_report(const std::string& name, std::string_view report) {
  const RelativeName document(name);
  const Folder target = Folder(root_).below(document.folders());
  const std::string report_name = fitted(document.base(), kReport.size()).append(kReport);
  const fs::path temporary = root_ / ".chunkrd" / "tmp" / (sha256_hex(name) + ".report");
  durable::make_directories(temporary.parent_path());
  {
    const auto fd = durable::open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    durable::write_all(fd.get(), report, temporary);
    durable::sync_file(fd.get(), temporary);
  }
  target.replace(temporary, report_name);
  target.sync();
}

void Shelf::remove_report(const std::string& name) {
  const RelativeName document(name);
  fs::path folder = root_;
  for (const std::string& each : document.folders()) folder /= each;
  durable::remove_file(folder / fitted(document.base(), kReport.size()).append(kReport));
  sync_if_there(folder);
}

bool Shelf::give_back(const std::string& name, const fs::path& into) {
  const fs::path from = path_of(name);
  if (is_there(into)) {
    if (is_regular(from) && !same_content(from, into)) return true;  // a new document has the name by now
  } else if (!is_regular(from)) {
    return false;
  } else if (move_to_new(from, into)) {
    remove_report(name);
    return true;
  }
  durable::remove_file(from);
  sync_if_there(from.parent_path());
  remove_report(name);
  return true;
}

bool Shelf::lend(const std::string& name, const fs::path& into) const {
  const fs::path from = path_of(name);
  if (!is_regular(from)) return false;
  copy_whole(from, into);
  return true;
}

Removal Shelf::remove(const std::string& name, const std::string& sha256) const {
  const RelativeName document(name);
  const Folder root(root_);
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
  const fs::path notes = root_ / ".chunkrd" / "notes";
  if (!is_there(notes)) return;
  const Folder folder(notes);
  for (const std::string& job_id : job_ids) folder.remove(job_id);
  folder.sync();
}

fs::path Shelf::path_of(const std::string& name) const {
  const RelativeName document(name);
  fs::path path = root_;
  for (const std::string& folder : document.folders()) path /= folder;
  return path / document.base();
}

}  // namespace chunkrd::outbox
