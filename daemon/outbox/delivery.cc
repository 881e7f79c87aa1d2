#include "outbox/delivery.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/escape.h"
#include "outbox/content.h"

namespace chunkrd::outbox {
namespace {

constexpr std::string_view kJson = ".json";
// The one part that is a folder (pipeline/parts.cc).
constexpr std::string_view kFolderPart = ".images";
// Becomes the visible folder with Layout::folder.
const std::string kShow = ".show";

// What must be free, and stay ours, for this manifest: names in its folder.
std::vector<std::string> names_in_folder(const Manifest& manifest) {
  if (manifest.layout == Layout::folder) return {manifest.base};
  std::vector<std::string> names;
  for (const Manifest::File& file : manifest.files) names.push_back(manifest.base + file.suffix);
  return names;
}

std::size_t longest_suffix(const std::vector<Part>& parts) {
  std::size_t longest = 0;
  for (const Part& part : parts) longest = std::max(longest, part.suffix.size());
  return longest;
}

// Whether the result still has the parts that it had: the profile may have been changed after a crash.
bool are_of_one_kind(const Manifest& manifest, const std::vector<Part>& parts) {
  return manifest.files.size() == parts.size() &&
         std::ranges::all_of(parts, [&](const Part& part) { return manifest.find(part.suffix) != nullptr; });
}

bool same_name(const Manifest& one, const Manifest& other) {
  return one.folders == other.folders && one.base == other.base;
}

// The results of a document of this name lie in `folder`, or beside it: nothing of another document is to
// land among them, because what is in a document's own folder may go with its result.
bool is_of_a_result(Layout layout, const std::vector<Part>& parts, const Folder& parent, const Folder& folder,
                    const std::string& name) {
  const auto lies_in = [&](const Folder& place, const std::string& base) {
    return std::ranges::any_of(parts, [&](const Part& part) {
      const auto there = place.status(fitted(base, part.suffix.size()) + part.suffix);
      return there && S_ISREG(there->st_mode);
    });
  };
  if (layout == Layout::folder && lies_in(folder, name)) return true;
  return name.ends_with(kFolderPart) && name.size() > kFolderPart.size() &&
         lies_in(parent, name.substr(0, name.size() - kFolderPart.size()));
}

}  // namespace

std::vector<std::string> reservation_names(const Manifest& manifest) {
  std::string prefix;
  for (const std::string& folder : manifest.folders) prefix += folder + '/';
  std::vector<std::string> names = names_in_folder(manifest);
  for (std::string& name : names) name = prefix + name;
  return names;
}

Delivery::Delivery(const Places& places, const Manifests& manifests, Reservations& reservations,
                   std::string job_id)
    : manifests_(manifests),
      reservations_(reservations),
      job_id_(std::move(job_id)),
      root_(places.open()),
      deliveries_(places.open_deliveries()),
      folder_(deliveries_.own(job_id_)) {}

Delivered Delivery::publish(const Origin& origin, const RelativeName& wanted, Layout layout,
                            const std::vector<Part>& parts) {
  const auto fact = manifests_.find(job_id_);
  if (fact && fact->origin.is_same_result(origin)) {
    finish_again(*fact);
    return {.name = fact->name(), .repeated = true};
  }
  const auto before = fact ? fact : to_replace(origin);
  if (before && before->layout == layout) {
    std::optional<Manifest> replacing = read_intent();
    if (replacing && !(replacing->replaces && replacing->origin.is_same_result(origin))) {
      abandon(*replacing);
      replacing.reset();
    }
    if (auto delivered = replace(*before, replacing, origin, parts)) return *delivered;
  }
  Delivered delivered = deliver(origin, wanted, layout, parts);
  if (before && delivered.name != before->name())
    delivered.told = fmt::format("the earlier result {} stays: it was changed, or is somewhere else by now",
                                 printable(before->name()));
  return delivered;
}

// Under a name that is free.
Delivered Delivery::deliver(const Origin& origin, const RelativeName& wanted, Layout layout,
                            const std::vector<Part>& parts) {
  std::optional<Manifest> begun = read_intent();
  if (begun && (!begun->origin.is_same_result(origin) || begun->replaces)) {
    abandon(*begun);
    begun.reset();
  }
  if (begun && in_folder(begun->json()) && !are_of_one_kind(*begun, parts)) {
    abandon(*begun);
    begun.reset();
  }
  if (begun && !in_folder(begun->json())) {
    if (const auto target = target_of(*begun)) target->sync();
    finish(*begun);
    return {.name = begun->name(), .repeated = true};
  }

  Manifest manifest{.origin = origin,
                    .layout = begun ? begun->layout : layout,
                    .folders = {},
                    .base = {},
                    .files = make_durable(parts, begun)};
  try {
    if (begun) {
      manifest.folders = begun->folders;
      manifest.base = begun->base;
      if (try_name(parts, manifest, begun)) return {.name = manifest.name()};
    }
    return deliver_as(wanted, wanted.base(), parts, manifest, begun);
  } catch (const std::system_error& error) {
    const auto is_refused = [&](const std::string& name) { return folder_.refuses(name); };
    if (!may_be_the_name(error.code()) || std::ranges::none_of(names_in_folder(manifest), is_refused)) throw;
    return deliver_as(wanted, portable(wanted.base(), longest_suffix(parts)), parts, manifest, std::nullopt);
  }
}

Delivered Delivery::deliver_as(const RelativeName& wanted, const std::string& base,
                               const std::vector<Part>& parts, Manifest& manifest,
                               const std::optional<Manifest>& begun) {
  const Marks marks{.sha256 = manifest.origin.input_sha256, .job_id = job_id_};
  for (unsigned n = 0; n < kCandidatesMax; ++n) {
    manifest.folders = wanted.folders();
    manifest.base = candidate(n, base, marks, longest_suffix(parts));
    if (begun && same_name(manifest, *begun)) continue;
    if (try_name(parts, manifest, std::nullopt)) return {.name = manifest.name()};
  }
  throw std::system_error(EEXIST, std::generic_category(),
                          "no free name in the outbox for " + printable(manifest.origin.name));
}

void Delivery::discard() {
  if (const auto begun = read_intent()) {
    if (!in_folder(begun->json())) {
      if (const auto target = target_of(*begun)) target->sync();
      return finish(*begun);
    }
    abandon(*begun);
  }
  remove_folder();
}

std::optional<Folder> Delivery::target_of(const Manifest& manifest) const {
  return root_.existing(manifest.folders);
}

std::optional<Folder> Delivery::place_of(const Manifest& manifest) const {
  const auto target = target_of(manifest);
  return target ? target->existing(manifest.own_folder()) : std::nullopt;
}

bool Delivery::visible(const Manifest& manifest, const Manifest::File& file) const {
  const auto place = place_of(manifest);
  return place && holds(*place, manifest.base + file.suffix, file);
}

bool Delivery::all_visible(const Manifest& manifest) const {
  return std::ranges::all_of(manifest.files,
                             [&](const Manifest::File& file) { return visible(manifest, file); });
}

// The intent, with everything that is not yet visible back at its place in the delivery's folder.
std::optional<Manifest> Delivery::read_intent() {
  auto intent = read_manifest(folder_, std::string(kIntent));
  if (!intent) return intent;
  if (intent->replaces) {
    recover(*intent);
    return intent;
  }
  if (intent->layout == Layout::folder) gather(*intent);
  end_half_move(*intent);
  return intent;
}

// A crash between link and unlink, see Folder::move().
void Delivery::end_half_move(const Manifest& intent) const {
  if (intent.layout == Layout::folder) return;
  const auto here = folder_.status(intent.json().source);
  const auto target = target_of(intent);
  const auto there = target ? target->status(intent.base + intent.json().suffix) : std::nullopt;
  if (here && there && here->st_dev == there->st_dev && here->st_ino == there->st_ino)
    folder_.remove(intent.json().source);
}

std::vector<Manifest::File> Delivery::make_durable(const std::vector<Part>& parts,
                                                   const std::optional<Manifest>& begun) {
  std::vector<Manifest::File> files;
  for (const Part& part : parts) files.push_back(make_durable(part, begun));
  return files;
}

Manifest::File Delivery::make_durable(const Part& part, const std::optional<Manifest>& begun) {
  Manifest::File file{.suffix = part.suffix, .source = part.file.filename(), .sha256 = {}};
  const Manifest::File* before = begun ? begun->find(part.suffix) : nullptr;
  if (before && !in_folder(file)) return *before;
  if (before && part.suffix != kJson && visible(*begun, *before)) {
    folder_.remove_tree(file.source);  // written a second time after an interrupted call
    return *before;
  }
  if (before && begun->replaces && before->members) {
    if (is_half_shown(*begun, *before)) return *before;
    require_no_remainder(*before);
  }
  if (part.write_for) {
    if (!begun) return file;  // see write_named()
    part.write_for(begun->base);
  }
  return made_durable(std::move(file), begun);
}

Manifest::File Delivery::made_durable(Manifest::File file, const std::optional<Manifest>& begun) {
  try {
    sync_content(folder_, file.source);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) throw;
    // After a failed fsync the kernel calls the lost pages clean: a second fsync would say that all is well.
    // So the file goes, and the caller has to write it again. The intent goes first: with it, a missing file
    // would count as a visible one.
    if (begun) abandon(*begun);
    folder_.remove_tree(file.source);
    throw;
  }
  const std::string source = file.source;
  return described(std::move(file), folder_, source);
}

// The parts in which the name stands, now that there is one.
void Delivery::write_named(const std::vector<Part>& parts, Manifest& manifest) {
  for (const Part& part : parts) {
    if (!part.write_for) continue;
    part.write_for(manifest.base);
    const auto file = std::ranges::find(manifest.files, part.suffix, &Manifest::File::suffix);
    *file = made_durable({.suffix = part.suffix, .source = part.file.filename(), .sha256 = {}}, std::nullopt);
  }
}

// Somebody may have taken away what an interrupted call had shown, so that it could not be taken back.
void Delivery::require_all(const Manifest& manifest) const {
  for (const Manifest::File& file : manifest.files)
    if (!in_folder(file))
      throw std::system_error(ENOENT, std::generic_category(),
                              printable((folder_.path() / file.source).native()) + " has to be made again");
}

// Makes everything visible under the manifest's name; false, and nothing is visible, when the name is taken.
bool Delivery::try_name(const std::vector<Part>& parts, Manifest& manifest,
                        const std::optional<Manifest>& begun) {
  const auto taken = [&](const Folder& parent, const Folder& folder, const std::string& name) {
    return is_of_a_result(manifest.layout, parts, parent, folder, name);
  };
  const Folder target = root_.below(manifest.folders, taken);
  manifest.folders = target.names();
  const auto held = reservations_.take(reservation_names(manifest));
  if (begun && (!held || !same_name(manifest, *begun))) {
    take_back(*begun);
    return false;
  }
  if (!held) return false;
  if (!begun && std::ranges::any_of(names_in_folder(manifest),
                                    [&](const std::string& name) { return target.has(name); }))
    return false;
  if (!begun) write_named(parts, manifest);
  if (!begun) require_all(manifest);
  if (!begun || begun->files != manifest.files) write_intent(manifest);
  try {
    if (show(manifest, target)) {
      finish(manifest);
      return true;
    }
  } catch (...) {
    take_back(manifest);
    throw;
  }
  take_back(manifest);
  return false;
}

bool Delivery::show(const Manifest& manifest, const Folder& target) const {
  return manifest.layout == Layout::folder ? show_folder(manifest, target) : show_files(manifest, target);
}

bool Delivery::show_files(const Manifest& manifest, const Folder& target) const {
  const auto move_in = [&](const Manifest::File& file) {
    return folder_.move(file.source, target, manifest.base + file.suffix);
  };
  for (const Manifest::File& file : manifest.files)
    if (file.suffix != kJson && in_folder(file) && !move_in(file)) return false;
  // Before the JSON's rename: it must not outlive the others in a power cut.
  if (manifest.files.size() > 1) target.sync();
  if (!move_in(manifest.json())) return false;
  target.sync();
  return true;
}

bool Delivery::show_folder(const Manifest& manifest, const Folder& target) const {
  const Folder show = folder_.own(kShow);
  for (const Manifest::File& file : manifest.files)
    folder_.move(file.source, show, manifest.base + file.suffix);
  show.sync();
  if (!folder_.move(kShow, target, manifest.base)) return false;
  target.sync();
  return true;
}

// Layout::folder: undoes the first half of show_folder().
void Delivery::gather(const Manifest& manifest) const {
  const auto show = folder_.existing({kShow});
  if (!show) return;
  for (const Manifest::File& file : manifest.files) {
    const std::string name = manifest.base + file.suffix;
    if (show->has(name)) show->move(name, folder_, file.source);
  }
  folder_.remove_tree(kShow);
}

// Hides what show() has made visible, unless it got as far as the JSON.
void Delivery::take_back(const Manifest& manifest) {
  if (manifest.layout == Layout::folder) return gather(manifest);
  if (!in_folder(manifest.json()) || visible(manifest, manifest.json())) return;
  const auto target = target_of(manifest);
  if (!target) return;
  Manifest shown = manifest;
  std::erase_if(shown.files,
                [&](const Manifest::File& file) { return file.suffix == kJson || !visible(manifest, file); });
  Ours ours;
  ours.add(shown);
  for (const Manifest::File& file : shown.files)
    if (!in_folder(file)) take_back(*target, manifest.base + file.suffix, file, ours);
  if (std::ranges::any_of(shown.files, [&](const auto& file) { return visible(manifest, file); }))
    ours.take_away(*target, {}, folder_.own(kOut), keep());
  target->sync();
}

// A folder goes by itself, if all of it is ours; else what is somebody else's stays in it.
void Delivery::take_back(const Folder& target, const std::string& name, const Manifest::File& file,
                         const Ours& ours) const {
  if (!file.members || ours.has_all_of(target, name)) {
    if (target.take(name, folder_, file.source) && !holds(folder_, file.source, file))
      folder_.move(file.source, target, name);
    return;
  }
  const auto inside = target.existing({name});
  const Folder into = folder_.own(file.source);
  for (const Manifest::Member& member : *file.members) {
    if (!inside || !inside->take(member.name, into, member.name)) continue;
    if (!has_content(into, member.name, member.sha256, member.size_bytes))
      into.move(member.name, *inside, member.name);
  }
}

// Nothing of the intent stays, but the files in the delivery's folder do. What has replaced an earlier result
// stays visible: the one that comes next replaces it in turn.
void Delivery::abandon(const Manifest& intent) {
  if (!intent.replaces) take_back(intent);
  folder_.remove(std::string(kIntent));
  folder_.sync();
}

void Delivery::finish(const Manifest& manifest) {
  manifests_.take(folder_, std::string(kIntent), manifest.origin.job_id);
  finish_again(manifest);
}

void Delivery::finish_again(const Manifest& manifest) const {
  if (!manifest.origin.supersedes.empty()) manifests_.remove({manifest.origin.supersedes});
  remove_folder();
}

void Delivery::remove_folder() const {
  deliveries_.remove_tree(job_id_);
}

}  // namespace chunkrd::outbox
