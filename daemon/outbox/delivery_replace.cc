// A later result takes the place of an earlier one, of the same job or of one that it supersedes.
#include <fmt/format.h>

#include <algorithm>

#include "core/escape.h"
#include "core/log_about.h"
#include "outbox/content.h"
#include "outbox/delivery.h"

namespace chunkrd::outbox {
namespace {

const std::string kSwap = ".swap";

}  // namespace

std::optional<Manifest> Delivery::to_replace(const Origin& origin) const {
  return origin.supersedes.empty() ? std::nullopt : manifests_.find(origin.supersedes);
}

// Nothing when what lies at the place is not (only) ours any more: the result then gets another name.
std::optional<Delivered> Delivery::replace(const Manifest& before, const std::optional<Manifest>& begun,
                                           const Origin& origin, const std::vector<Part>& parts) {
  Manifest manifest{.origin = origin,
                    .replaces = true,
                    .layout = before.layout,
                    .folders = before.folders,
                    .base = before.base,
                    .files = {}};
  const bool shown = begun && all_visible(*begun);
  manifest.files = shown ? begun->files : make_durable(parts, begun);
  Ours old, after;
  old.add(before);
  after.add(manifest);
  Ours known = old;
  if (begun) known.add(*begun);
  const auto held = reservations_.take(reservation_names(manifest));
  const auto target = target_of(manifest);
  if (!held || !target || (!shown && !known.leaves_room(*target, manifest))) return std::nullopt;
  const Folder out = folder_.own(kOut);
  if (!shown) {
    if (!begun) write_named(parts, manifest);
    write_intent(manifest);
    stage(manifest);
    known.show(folder_.own(kSwap), *target, manifest.base + manifest.json().suffix, out, keep());
  }
  old.take_away(*target, after, out, keep());
  target->sync();
  finish(manifest);
  return Delivered{.name = manifest.name(), .repeated = shown, .told = told()};
}

// Everything of the new result that is not visible yet, as it is to lie in its place.
void Delivery::stage(const Manifest& manifest) const {
  const Folder swap = folder_.own(kSwap);
  const Folder place = swap.below(manifest.own_folder());
  for (const Manifest::File& file : manifest.files)
    if (in_folder(file)) folder_.move(file.source, place, manifest.base + file.suffix);
  place.sync();
  swap.sync();
}

// Undoes stage(), and settles what a crash has left of what came after it.
void Delivery::recover(const Manifest& intent) {
  const auto swap = folder_.existing({kSwap});
  const auto out = folder_.existing({kOut});
  if (!swap && !out) return;
  const auto place = swap ? swap->existing(intent.own_folder()) : std::nullopt;
  for (const Manifest::File& file : intent.files)
    if (place) take_from(*place, intent.base + file.suffix, file);
  folder_.sync();
  const Folder target = root_.below(intent.folders);
  const Ours ours = ours_in(intent);
  for (const auto* left : {&swap, &out})
    if (*left) ours.settle(**left, target, keep());
  folder_.remove_if_empty(kSwap);
  folder_.remove_if_empty(kOut);
}

// What of the new file, or of the files in it, has not been shown goes back to where it came from.
void Delivery::take_from(const Folder& place, const std::string& name, const Manifest::File& file) const {
  if (!file.members) {
    if (holds(place, name, file) && !in_folder(file)) place.move(name, folder_, file.source);
    return;
  }
  const auto inside = place.existing({name});
  if (!inside) return;
  const Folder into = folder_.own(file.source);
  for (const Manifest::Member& member : *file.members)
    if (has_content(*inside, member.name, member.sha256, member.size_bytes))
      inside->move(member.name, into, member.name);
  into.sync();
}

// A folder that was replaced file by file when a crash came: some of it is visible, the rest is here.
bool Delivery::is_half_shown(const Manifest& begun, const Manifest::File& file) const {
  const auto here = file.members ? folder_.existing({file.source}) : std::nullopt;
  const auto around = place_of(begun);
  const auto place = around ? around->existing({begun.base + file.suffix}) : std::nullopt;
  if (!here || !place) return false;
  return std::ranges::all_of(*file.members, [&](const Manifest::Member& member) {
    return has_content(*here, member.name, member.sha256, member.size_bytes) ||
           has_content(*place, member.name, member.sha256, member.size_bytes);
  });
}

// Half of it was shown, and is gone from there: what is left here is not the whole.
void Delivery::require_no_remainder(const Manifest::File& file) const {
  const auto here = folder_.existing({file.source});
  if (!here) return;
  const auto names = here->entries();
  const auto is_member = [&](const std::string& name) {
    const auto member = std::ranges::find(*file.members, name, &Manifest::Member::name);
    return member != file.members->end() && has_content(*here, name, member->sha256, member->size_bytes);
  };
  if (names.size() >= file.members->size() || !std::ranges::all_of(names, is_member)) return;
  folder_.remove_tree(file.source);
  throw std::system_error(ENOENT, std::generic_category(),
                          printable((folder_.path() / file.source).native()) + " has to be made again");
}

Ours Delivery::ours_in(const Manifest& intent) const {
  Ours ours;
  ours.add(intent);
  if (const auto before = manifests_.find(job_id_)) ours.add(*before);
  if (const auto before = to_replace(intent.origin)) ours.add(*before);
  return ours;
}

// Told at once: what comes after it may fail, and is then repeated without it.
Ours::Kept Delivery::keep() {
  return [this](const std::string& path) {
    log_about(spdlog::level::warn, "outbox:", {.job = job_id_},
              "what lay at the place of its result was changed meanwhile, and is kept as " + printable(path));
    kept_.push_back(path);
  };
}

std::string Delivery::told() const {
  if (kept_.empty()) return {};
  return fmt::format("what was changed meanwhile is kept: {}",
                     printable(fmt::format("{}", fmt::join(kept_, ", "))));
}

}  // namespace chunkrd::outbox
