#include "outbox/ours.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/escape.h"
#include "outbox/content.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

// Puts `name` of `out` back into `into`, under its own name or another.
void put_back(const Folder& out, const std::string& name, const Folder& into, const Ours::Kept& kept) {
  const Marks mark{.sha256 = {}, .job_id = "kept"};
  for (unsigned n = 0; n < kCandidatesMax; ++n) {
    const std::string as = candidate(n, name, mark, 0);
    if (!out.move(name, into, as)) continue;
    kept((into.path() / as).native());
    return;
  }
  throw std::system_error(EEXIST, std::generic_category(),
                          "no free name to keep " + printable((out.path() / name).native()));
}

// What is left in `out` goes back to where it was in `into`.
void put_all_back(const Folder& out, const Folder& into, const Ours::Kept& kept) {
  for (const std::string& name : out.entries()) {
    const auto inside = out.existing({name});
    const auto there = into.existing({name});
    if (!inside || !there) {
      put_back(out, name, into, kept);
      continue;
    }
    put_all_back(*inside, *there, kept);
    out.remove_if_empty(name);
  }
  into.sync();
}

[[noreturn]] void fail_taken(const Folder& folder, const std::string& name) {
  throw std::system_error(EEXIST, std::generic_category(),
                          printable((folder.path() / name).native()) + " was taken while it was looked at");
}

}  // namespace

void Ours::add(const Manifest& manifest) {
  Ours& place = manifest.layout == Layout::folder ? folders_[manifest.base] : *this;
  for (const Manifest::File& file : manifest.files) {
    const std::string name = manifest.base + file.suffix;
    if (!file.members) {
      place.files_[name].push_back({file.sha256, file.size_bytes});
      continue;
    }
    Ours& folder = place.folders_[name];
    for (const Manifest::Member& member : *file.members)
      folder.files_[member.name].push_back({member.sha256, member.size_bytes});
  }
}

const Ours& Ours::in(const std::string& folder) const {
  static const Ours kNothing;
  const auto known = folders_.find(folder);
  return known == folders_.end() ? kNothing : known->second;
}

bool Ours::is_ours(const Folder& folder, const std::string& name) const {
  const auto known = files_.find(name);
  return known != files_.end() && std::ranges::any_of(known->second, [&](const Content& content) {
           return has_content(folder, name, content.sha256, content.size_bytes);
         });
}

bool Ours::has_all_of(const Folder& parent, const std::string& folder) const {
  const auto inside = parent.existing({folder});
  if (!inside) return !parent.has(folder);
  const auto known = folders_.find(folder);
  if (known == folders_.end()) return false;
  return std::ranges::all_of(inside->entries(), [&](const std::string& name) {
    return inside->has_folder(name) ? known->second.has_all_of(*inside, name)
                                    : known->second.is_ours(*inside, name);
  });
}

bool Ours::leaves_room(const Folder& parent, const Manifest& manifest) const {
  Ours wanted;
  wanted.add(manifest);
  const auto fits = [](auto& self, const Ours& ours, const Ours& more, const Folder& place) -> bool {
    for (const auto& [name, contents] : more.files_)
      if (place.has(name) && !ours.is_ours(place, name)) return false;
    for (const auto& [name, inside] : more.folders_) {
      if (!place.has(name)) continue;
      const auto there = place.existing({name});
      if (!there || !ours.folders_.contains(name)) return false;
      const Ours& known = ours.in(name);
      const auto has_ours = [&](const auto& file) { return known.is_ours(*there, file.first); };
      const bool bare = known.files_.empty() || there->entries().empty();
      if (!bare && std::ranges::none_of(known.files_, has_ours)) return false;
      if (!self(self, known, inside, *there)) return false;
    }
    return true;
  };
  return fits(fits, *this, wanted, parent);
}

// Of `folder`, everything that is ours.
void Ours::clear(const Folder& folder) const {
  for (const auto& [name, contents] : files_)
    if (is_ours(folder, name)) folder.remove(name);
  for (const auto& [name, known] : folders_) {
    const auto inside = folder.existing({name});
    if (!inside) continue;
    known.clear(*inside);
    folder.remove_if_empty(name);
  }
}

void Ours::settle(const Folder& out, const Folder& into, const Kept& kept) const {
  clear(out);
  put_all_back(out, into, kept);
}

void Ours::take_away(const Folder& place, const Ours& after, const Folder& out, const Kept& kept) const {
  for (const auto& [name, contents] : files_)
    if (!after.files_.contains(name) && is_ours(place, name) && place.take(name, out, name))
      settle(out, place, kept);
  for (const auto& [name, known] : folders_) {
    const auto inside = place.existing({name});
    if (!inside) continue;
    known.take_away(*inside, after.in(name), out.own(name), kept);
    out.remove_if_empty(name);
    inside->sync();
    if (!after.folders_.contains(name)) place.remove_if_empty(name);
  }
}

void Ours::show(const Folder& from, const Folder& into, const std::string& last, const Folder& out,
                const Kept& kept) const {
  auto names = from.entries();
  if (const auto at = std::ranges::find(names, last); at != names.end()) std::rotate(at, at + 1, names.end());
  for (const std::string& name : names) {
    if (name == last) into.sync();
    if (from.move(name, into, name)) continue;
    const auto inside = from.existing({name});
    const auto there = into.existing({name});
    if (inside && there && !has_all_of(into, name)) {
      in(name).show(*inside, *there, last, out.own(name), kept);
      out.remove_if_empty(name);
      there->sync();
      from.remove_if_empty(name);
    } else if (inside ? there.has_value() : is_ours(into, name)) {
      replace(from, into, name, out, kept);
    } else {
      fail_taken(into, name);
    }
  }
  into.sync();
}

// What was ours may have become somebody else's since it was looked at: it is looked at again once it is out.
void Ours::replace(const Folder& from, const Folder& into, const std::string& name, const Folder& out,
                   const Kept& kept) const {
  if (from.exchange(name, into, name)) {
    from.take(name, out, name);
  } else {
    into.take(name, out, name);
    if (!from.move(name, into, name)) fail_taken(into, name);
  }
  settle(out, into, kept);
}

}  // namespace chunkrd::outbox
