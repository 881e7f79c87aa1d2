// A later result of a job takes the place of its earlier one.
#include <algorithm>

#include "core/durable.h"
#include "outbox/content.h"
#include "outbox/delivery.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kJson = ".json";
constexpr std::string_view kShow = ".show";

fs::path folder_of(const Places& places, const Manifest& manifest) {
  fs::path path = places.root;
  for (const std::string& folder : manifest.folders) path /= folder;
  return path;
}

std::vector<std::string> reserved(const Manifest& manifest) {
  if (manifest.layout == Layout::folder) return {manifest.name()};
  std::vector<std::string> names;
  for (const Manifest::File& file : manifest.files) names.push_back(manifest.name() + file.suffix);
  return names;
}

}  // namespace

// Nothing when what lies at the place is not (only) ours any more: the result then gets another name.
std::optional<Delivered> Delivery::replace(const Manifest& before, const std::optional<Manifest>& begun,
                                           const Origin& origin, const std::vector<Part>& parts) {
  Manifest manifest{.origin = origin,
                    .replaces = true,
                    .layout = before.layout,
                    .folders = before.folders,
                    .base = before.base,
                    .files = {}};
  const bool shown = begun && visible(*begun, begun->json());
  manifest.files = shown ? begun->files : make_durable(parts, begun);
  const auto held = reservations_.take(reserved(manifest));
  if (!held || !fs::is_directory(folder_of(places_, manifest)) || !may_replace(before, manifest, begun))
    return std::nullopt;
  if (!shown) {
    if (!begun) write_named(parts, manifest);
    durable::write_file(folder_ / kIntent, to_json(manifest));
    put_in_place(manifest);
  }
  remove_replaced(before, manifest);
  sync_if_there(folder_of(places_, manifest));
  finish(manifest);
  return Delivered{.name = manifest.name(), .repeated = shown};
}

// Every name is free, or holds what this job's earlier or this very delivery has put there.
bool Delivery::may_replace(const Manifest& before, const Manifest& after,
                           const std::optional<Manifest>& begun) const {
  return std::ranges::all_of(after.files, [&](const Manifest::File& file) {
    const fs::path path = places_.root / after.path_of(file);
    if (!is_there(path)) return true;
    const Manifest::File* const old = before.find(file.suffix);
    const Manifest::File* const ours = begun ? begun->find(file.suffix) : nullptr;
    return (old != nullptr && holds(path, *old)) || (ours != nullptr && holds(path, *ours));
  });
}

void Delivery::put_in_place(const Manifest& manifest) const {
  if (manifest.layout == Layout::folder) {
    const Folder show = Folder(folder_).below({std::string(kShow)});
    for (const Manifest::File& file : manifest.files)
      show.move_in(folder_ / file.source, manifest.base + file.suffix);
    show.sync();
    const Folder parent(folder_of(places_, manifest));
    if (parent.has(manifest.base))
      parent.exchange(show.path(), manifest.base);
    else
      parent.move_in(show.path(), manifest.base);
    parent.sync();
    return;
  }
  const Folder target(folder_of(places_, manifest));
  const auto put = [&](const Manifest::File& file) {
    const std::string name = manifest.base + file.suffix;
    if (!in_folder(file)) return;
    if (file.members && target.has(name))
      target.exchange(folder_ / file.source, name);
    else
      target.replace(folder_ / file.source, name);
  };
  for (const Manifest::File& file : manifest.files)
    if (file.suffix != kJson) put(file);
  target.sync();
  put(manifest.json());
  target.sync();
}

// What the new result does not have any more. With Layout::folder it went with the old folder.
void Delivery::remove_replaced(const Manifest& before, const Manifest& after) const {
  if (after.layout == Layout::folder) return;
  for (const Manifest::File& old : before.files)
    if (after.find(old.suffix) == nullptr && visible(before, old))
      remove_content(places_.root / before.path_of(old));
}

}  // namespace chunkrd::outbox
