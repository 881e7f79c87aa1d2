#include "outbox/delivery.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "outbox/content.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJson = ".json";
// Names of ours in the delivery's own folder.
constexpr std::string_view kShow = ".show";  // becomes the visible folder with Layout::folder

fs::path folder_of(const Places& places, const Manifest& manifest) {
  fs::path path = places.root;
  for (const std::string& folder : manifest.folders) path /= folder;
  return path;
}

fs::path visible_path(const Places& places, const Manifest& manifest, const Manifest::File& file) {
  return places.root / manifest.path_of(file);
}

// What must be free, and stay ours, for this manifest: names in its folder.
std::vector<std::string> names_in_folder(const Manifest& manifest) {
  if (manifest.layout == Layout::folder) return {manifest.base};
  std::vector<std::string> names;
  for (const Manifest::File& file : manifest.files) names.push_back(manifest.base + file.suffix);
  return names;
}

std::vector<std::string> reservation_names(const Manifest& manifest) {
  std::string prefix;
  for (const std::string& folder : manifest.folders) prefix += folder + '/';
  std::vector<std::string> names = names_in_folder(manifest);
  for (std::string& name : names) name = prefix + name;
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

}  // namespace

Delivery::Delivery(const Places& places, Reservations& reservations, std::string job_id)
    : places_(places),
      reservations_(reservations),
      job_id_(std::move(job_id)),
      folder_(places_.deliveries() / job_id_) {}

Delivered Delivery::publish(const Origin& origin, const RelativeName& wanted, Layout layout,
                            const std::vector<Part>& parts) {
  if (const auto fact = read_manifest(places_.manifests() / (job_id_ + ".json"));
      fact && fact->origin.is_same_result(origin)) {
    remove_folder();
    return {.name = fact->name(), .repeated = true};
  } else if (fact && fact->layout == layout) {
    std::optional<Manifest> replacing = read_intent();
    if (replacing && !(replacing->replaces && replacing->origin.is_same_result(origin))) {
      abandon(*replacing);
      replacing.reset();
    }
    if (const auto delivered = replace(*fact, replacing, origin, parts)) return *delivered;
  }

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
    sync_if_there(folder_of(places_, *begun));
    finish(*begun);
    return {.name = begun->name(), .repeated = true};
  }

  Manifest manifest{.origin = origin,
                    .layout = begun ? begun->layout : layout,
                    .folders = {},
                    .base = {},
                    .files = make_durable(parts, begun)};
  if (begun) {
    manifest.folders = begun->folders;
    manifest.base = begun->base;
    if (try_name(parts, manifest, begun)) return {.name = manifest.name()};
  }
  const Marks marks{.sha256 = origin.input_sha256, .job_id = job_id_};
  for (unsigned n = 0; n < kCandidatesMax; ++n) {
    manifest.folders = wanted.folders();
    manifest.base = candidate(n, wanted.base(), marks, longest_suffix(parts));
    if (begun && same_name(manifest, *begun)) continue;
    if (try_name(parts, manifest, std::nullopt)) return {.name = manifest.name()};
  }
  throw std::system_error(EEXIST, std::generic_category(),
                          "no free name in the outbox for " + printable(origin.name));
}

void Delivery::discard() {
  if (const auto begun = read_intent()) {
    if (!in_folder(begun->json())) {
      sync_if_there(folder_of(places_, *begun));
      finish(*begun);
      return;
    }
    abandon(*begun);
  }
  remove_folder();
}

bool Delivery::in_folder(const Manifest::File& file) const {
  return is_there(folder_ / file.source);
}

bool Delivery::visible(const Manifest& manifest, const Manifest::File& file) const {
  return holds(visible_path(places_, manifest, file), file);
}

// The intent, with everything that is not yet visible back at its place in the delivery's folder.
std::optional<Manifest> Delivery::read_intent() const {
  auto intent = read_manifest(folder_ / kIntent);
  if (!intent) return intent;
  if (intent->layout == Layout::folder) gather(*intent);
  // A crash between link and unlink, see Folder::move_in().
  const fs::path json = folder_ / intent->json().source;
  if (are_one_file(json, visible_path(places_, *intent, intent->json()))) durable::remove_file(json);
  return intent;
}

std::vector<Manifest::File> Delivery::make_durable(const std::vector<Part>& parts,
                                                   const std::optional<Manifest>& begun) const {
  std::vector<Manifest::File> files;
  for (const Part& part : parts) files.push_back(make_durable(part, begun));
  return files;
}

Manifest::File Delivery::make_durable(const Part& part, const std::optional<Manifest>& begun) const {
  Manifest::File file{.suffix = part.suffix, .source = part.file.filename(), .sha256 = {}};
  const fs::path path = folder_ / file.source;
  const Manifest::File* before = begun ? begun->find(part.suffix) : nullptr;
  if (before && !is_there(path)) return *before;
  if (before && part.suffix != kJson && visible(*begun, *before)) {
    remove_content(path);  // written a second time after an interrupted call
    return *before;
  }
  if (part.write_for) {
    if (!begun) return file;  // see write_named()
    part.write_for(begun->base);
  }
  return made_durable(std::move(file), begun);
}

Manifest::File Delivery::made_durable(Manifest::File file, const std::optional<Manifest>& begun) const {
  const fs::path path = folder_ / file.source;
  try {
    sync_content(path);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::no_such_file_or_directory) throw;
    // After a failed fsync the kernel calls the lost pages clean: a second fsync would say that all is well.
    // So the file goes, and the caller has to write it again. The intent goes first: with it, a missing file
    // would count as a visible one.
    if (begun) abandon(*begun);
    remove_content(path);
    throw;
  }
  return described(std::move(file), path);
}

// The parts in which the name stands, now that there is one.
void Delivery::write_named(const std::vector<Part>& parts, Manifest& manifest) const {
  for (const Part& part : parts) {
    if (!part.write_for) continue;
    part.write_for(manifest.base);
    const auto file = std::ranges::find(manifest.files, part.suffix, &Manifest::File::suffix);
    *file = made_durable({.suffix = part.suffix, .source = part.file.filename(), .sha256 = {}}, std::nullopt);
  }
}

// Makes everything visible under the manifest's name; false, and nothing is visible, when the name is taken.
bool Delivery::try_name(const std::vector<Part>& parts, Manifest& manifest,
                        const std::optional<Manifest>& begun) {
  const Folder target = Folder(places_.root).below(manifest.folders);
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
  if (!begun || begun->files != manifest.files) durable::write_file(folder_ / kIntent, to_json(manifest));
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
    return target.move_in(folder_ / file.source, manifest.base + file.suffix);
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
  const Folder show = Folder(folder_).below({std::string(kShow)});
  for (const Manifest::File& file : manifest.files)
    show.move_in(folder_ / file.source, manifest.base + file.suffix);
  show.sync();
  if (!target.move_in(show.path(), manifest.base)) return false;
  target.sync();
  return true;
}

// Layout::folder: undoes the first half of show_folder().
void Delivery::gather(const Manifest& manifest) const {
  const fs::path path = folder_ / kShow;
  if (!is_there(path)) return;
  const Folder show(path);
  for (const Manifest::File& file : manifest.files) {
    const std::string name = manifest.base + file.suffix;
    if (show.has(name)) show.move_out(name, folder_ / file.source);
  }
  fs::remove_all(path);
}

// Hides what show() has made visible, unless it got as far as the JSON.
void Delivery::take_back(const Manifest& manifest) const {
  if (manifest.layout == Layout::folder) return gather(manifest);
  if (!in_folder(manifest.json()) || visible(manifest, manifest.json())) return;
  if (!fs::is_directory(folder_of(places_, manifest))) return;
  const Folder target(folder_of(places_, manifest));
  for (const Manifest::File& file : manifest.files) {
    if (file.suffix == kJson || !visible(manifest, file)) continue;
    const std::string name = manifest.base + file.suffix;
    if (target.move_out(name, folder_ / file.source)) continue;
    file.members ? static_cast<void>(fs::remove_all(target.path() / name)) : target.remove(name);
  }
  target.sync();
}

// Nothing of the intent stays, but the files in the delivery's folder do. What has replaced an earlier result
// stays visible: the one that comes next replaces it in turn.
void Delivery::abandon(const Manifest& intent) const {
  if (!intent.replaces) take_back(intent);
  durable::remove_file(folder_ / kIntent);
  durable::sync_directory(folder_);
}

void Delivery::finish(const Manifest& manifest) const {
  const Folder manifests(places_.manifests());
  manifests.replace(folder_ / kIntent, manifest.origin.job_id + ".json");
  manifests.sync();
  remove_folder();
}

void Delivery::remove_folder() const {
  fs::remove_all(folder_);
}

}  // namespace chunkrd::outbox
