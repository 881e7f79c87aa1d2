#include "pipeline/place.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <system_error>
#include <vector>

#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::pipeline {
namespace {

outbox::Layout layout_of(const config::Inbox& inbox) {
  return inbox.layout == config::Layout::folder ? outbox::Layout::folder : outbox::Layout::flat;
}

inbox::Spool::Take take_of(const config::Inbox& inbox) {
  return inbox.originals == config::Originals::keep ? inbox::Spool::Take::copy : inbox::Spool::Take::move;
}

namespace fs = std::filesystem;

std::shared_ptr<const Ground> ground(const fs::path& folder, const fs::path& state) {
  return std::make_shared<const Ground>(folder, state, Ground::Kind::open);
}

inbox::Spool::Take take_of(const Place& place, const queue::Job& job) {
  using inbox::Spool;
  if (job.took == queue::Took::copied) return Spool::Take::copy;
  if (job.took == queue::Took::moved) return Spool::Take::move;
  return place.spool.copies() ? Spool::Take::copy : Spool::Take::move;
}

// What cannot be looked at is told by whoever opens the folder.
bool may_be_seen(const fs::path& file) {
  std::error_code error;
  return fs::exists(fs::symlink_status(file, error)) && !error;
}

inbox::Spool spool_of(const Place& place, const queue::Job& job) {
  const auto at = [&](const fs::path& folder) {
    return inbox::Spool(place.rules.path, folder, place.state_folder, take_of(place, job));
  };
  const bool said = !job.spool.empty();
  std::vector<fs::path> folders = inbox::Spool::folders_for(place.rules.path, place.state_folder);
  folders.insert(folders.begin(), place.spool.folder());
  if (said) folders.insert(folders.begin(), job.spool);
  for (const fs::path& folder : folders)
    if (may_be_seen(folder / job.id)) return at(folder);
  // Nowhere, as far as can be seen: where may it be without being seen?
  for (const fs::path& folder : folders) {
    const auto spool = at(folder);
    if (!said && spool.is_known()) (void)spool.open();
  }
  return at(folders.front());
}

void find_outbox(Place& home, const queue::Job& job) {
  if (job.outbox.empty() || job.outbox == home.rules.outbox) return;
  const auto there = ground(job.outbox, home.state_folder);
  if (!there->exists()) return;
  home.rules.outbox = job.outbox;
  home.outbox_ground = there;
  home.outbox = outbox::Outbox(job.outbox, layout_of(home.rules));
}

// Not the number of any device.
dev_t own_file_system(const std::string& folder) {
  return std::hash<std::string>()(folder) | (dev_t{1} << 63);
}

// Where the row says the original was put, unless it was moved to where the configuration says now.
void find_shelf(Place& home, const queue::Job& job) {
  if (job.original_name.empty() || job.shelf.empty()) return;
  const bool archived = job.error_code.empty();
  const auto* const configured = !archived ? &home.failed : home.archive ? &*home.archive : nullptr;
  if (configured != nullptr && configured->root() == job.shelf) return;
  const auto there = ground(job.shelf, home.state_folder);
  if (!there->exists()) return;
  outbox::Shelf shelf(there);
  if (!shelf.has(job.original_name) && configured != nullptr && configured->has(job.original_name)) return;
  if (archived)
    home.archive.emplace(std::move(shelf));
  else
    home.failed = std::move(shelf);
}

}  // namespace

// Each folder is opened once, so that it is known from now on.
template <class Look>
void Place::look_at(const fs::path& folder, Look look) {
  try {
    look();
  } catch (const FolderGone& error) {
    gone.push_back({error.folder(), error.what()});
  } catch (const std::system_error& error) {
    // Without its inbox nobody knows where the spool is.
    if (is_full_disk(error.code()) && folder != rules.path) {
      unready.push_back(folder);
      return;
    }
    gone.push_back({folder, fmt::format("{} cannot be worked with ({}): its documents wait until it can",
                                        printable(folder.native()), error.what())});
  }
}

// While the inbox cannot be seen, nobody knows which spool is its own; nothing comes in until the place is
// made again.
inbox::Spool Place::make_spool() {
  using inbox::Spool;
  fs::path folder = Spool::folders_for(rules.path, state_folder).front();
  const auto took = take_of(rules);
  look_at(rules.path, [&] {
    (void)inbox_ground->open();
    folder = Spool::folder_for(rules.path, state_folder, took);
  });
  Spool made(rules.path, folder, state_folder, took);
  look_at(folder, [&] { (void)made.open(); });
  return made;
}

Place::Place(config::Inbox inbox, const fs::path& state)
    : rules(std::move(inbox)),
      state_folder(state),
      inbox_ground(std::make_shared<const Ground>(rules.path, state, Ground::Kind::theirs)),
      spool(make_spool()),
      outbox_ground(ground(rules.outbox, state)),
      outbox(rules.outbox, layout_of(rules)),
      failed(ground(rules.failed, state)) {
  if (rules.originals == config::Originals::archive) archive.emplace(ground(rules.archive.value(), state));
  look_at(rules.outbox, [&] { (void)outbox_ground->open(); });
  look_at(rules.failed, [&] { (void)failed.has("x"); });
  if (archive) look_at(archive->root(), [&] { (void)archive->has("x"); });
  using queue::State;
  const auto spooled = spool.path_of("job").parent_path();
  const auto archived = rules.archive.value_or(spooled);
  touched_.front() = file_systems_of({rules.path, spooled, rules.outbox, rules.failed, archived});
  touched(State::claiming) = file_systems_of({rules.path, spooled, rules.failed});
  touched(State::ready) = touched(State::submitting) = file_systems_of({spooled});
  touched(State::collecting) = touched(State::delivering) = file_systems_of({rules.outbox});
  // A document that is not in the spool is looked for in its inbox.
  touched(State::delivered) = file_systems_of({spooled, archived, rules.failed, rules.path});
  touched(State::burying) = file_systems_of({spooled, rules.failed, rules.path});
  touched(State::retrying) = file_systems_of({spooled, archived, rules.failed, rules.path});
  for (const auto& [role, path] :
       {std::pair{"inbox", rules.path}, std::pair{"spool", spooled}, std::pair{"outbox", rules.outbox},
        std::pair{"failed", rules.failed}, std::pair{"state", state}})
    folders.push_back({role, path, file_systems_of({path})});
  if (archive) folders.push_back({"archive", archived, file_systems_of({archived})});
}

FileSystems& Place::touched(queue::State state) {
  return touched_[static_cast<std::size_t>(state)];
}

const FileSystems& Place::touched_in(queue::State state) const {
  return touched_[static_cast<std::size_t>(state)];
}

FileSystems Place::touched_in(queue::State state, const queue::Job& job) const {
  return with_its_own(touched_in(state), job);
}

FileSystems Place::with_its_own(FileSystems touched, const queue::Job& job) const {
  for (const std::string* folder : {&job.spool, &job.outbox, &job.shelf, &job.bound_for})
    if (folder->starts_with('/') &&
        std::ranges::find(folders, fs::path(*folder), &Folder::path) == folders.end())
      touched.insert(own_file_system(*folder));
  return touched;
}

outbox::Outbox Place::open_outbox() const {
  (void)outbox_ground->open();
  return outbox;
}

Place home_of(const Place& configured, const queue::Job& job) {
  Place home = configured;
  home.spool = spool_of(configured, job);
  find_outbox(home, job);
  find_shelf(home, job);
  return home;
}

Place results_of(const Place& configured, const queue::Job& job) {
  Place home = configured;
  find_outbox(home, job);
  return home;
}

bool Place::misses_a_place() const {
  return std::ranges::any_of(gone, [&](const Gone& one) { return one.folder != rules.path; });
}

const std::string& Place::title_of(const std::string& name) const {
  const auto title = rules.titles.find(name);
  return title == rules.titles.end() ? name : title->second;
}

const std::string& Place::profile_of(const std::string& name) const {
  const auto slash = name.find('/');
  if (slash == std::string::npos) return rules.profile;
  const auto folder = rules.folders.find(name.substr(0, slash));
  return folder == rules.folders.end() ? rules.profile : folder->second;
}

bool Place::takes(const std::string& name) const {
  if (rules.types.empty()) return true;
  const std::string ending = std::filesystem::path(name).extension().native();
  return ending.size() > 1 && std::ranges::any_of(rules.types, [&](const std::string& type) {
           return boost::algorithm::iequals(ending.substr(1), type);
         });
}

}  // namespace chunkrd::pipeline
