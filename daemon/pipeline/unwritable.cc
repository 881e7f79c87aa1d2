#include "pipeline/unwritable.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "core/escape.h"
#include "pipeline/policy.h"

namespace chunkrd::pipeline {
namespace {

using queue::State;

std::string_view what_to_do(int error) {
  switch (error) {
    case ENOSPC:
      return "free some space (df -h) or inodes (df -i) there";
    case EDQUOT:
      return "free some of what our user has there, or raise its quota";
    case EROFS:
      return "mount it writable again; dmesg says it where the kernel has done so";
    default:
      return "look at its mount, its disk (dmesg), its server and its rights";
  }
}

std::string name_of(const Folder& folder) {
  return fmt::format("{} {}", folder.role, printable(folder.path.native()));
}

// Of this process, or this machine: says nothing about the folder.
bool says_nothing(const std::error_code& error) {
  return error.value() == EMFILE || error.value() == ENFILE || error.value() == ENOMEM ||
         error.value() == EINTR;
}

bool is_configured(const Folder& folder, const Unwritable::Places& places) {
  return std::ranges::any_of(places, [&](const auto& of) {
    return std::ranges::find(of.second->folders, folder.path, &Folder::path) != of.second->folders.end();
  });
}

bool is_inbox(const Folder& folder) {
  return std::string_view(folder.role) == "inbox";
}

// What a step on a row in `state` writes to, by the role of the folder.
bool is_written(std::string_view role, State state) {
  switch (state) {
    case State::ready:
    case State::updating:
      return role != "inbox";  // a result that is paid for has to go all the way
    case State::collecting:
    case State::delivering:
      return role == "outbox";
    case State::delivered:
      return role == "archive";
    case State::burying:
      return role == "failed";
    case State::retrying:
      return role == "spool";
    default:
      return false;
  }
}

// Where the step writes to: the row says it, else the configuration.
Folder written_by(const queue::Job& job, const Place& place) {
  const auto folder = [&](const char* role, const std::string& own, const std::filesystem::path& configured) {
    const std::filesystem::path path = own.starts_with('/') ? std::filesystem::path(own) : configured;
    const auto known = std::ranges::find(place.folders, path, &Folder::path);
    if (known != place.folders.end()) return Folder{role, path, known->on};
    return Folder{role, path, place.touched_in(job.state, job)};
  };
  switch (job.state) {
    case State::collecting:
    case State::delivering:
      return folder("outbox", job.outbox, place.rules.outbox);
    case State::delivered:
      if (place.archive) return folder("archive", job.bound_for, place.archive->root());
      break;
    case State::burying:
      return folder("failed", job.bound_for, place.failed.root());
    default:
      break;
  }
  return folder("spool", job.spool, place.spool.folder());
}

}  // namespace

Unwritable::Watched& Unwritable::watch(const Folder& folder, WallTime now) {
  return watched_.try_emplace(folder.path, Watched{folder, now}).first->second;
}

// An inbox is only read where originals stay. What is gone is looked for by others.
std::vector<Folder> Unwritable::needed_by(const Place& place) {
  std::vector<Folder> folders;
  for (const Folder& folder : place.folders)
    if ((!is_inbox(folder) || place.rules.originals != config::Originals::keep) &&
        std::ranges::find(place.gone, folder.path, &Place::Gone::folder) == place.gone.end())
      folders.push_back(folder);
  return folders;
}

// One that was looked at a moment ago is paid for, while it is looked at again.
bool Unwritable::may_pay_for(const Place& place, WallTime now) {
  std::set<std::filesystem::path> unknown;
  for (const Folder& folder : needed_by(place)) {
    const auto passed = passed_.find(folder.path);
    const bool is_known = passed != passed_.end();
    if (is_known && now - passed->second < kDiskPatience) continue;
    watch(folder, now);
    if (!is_known || now - passed->second >= 2 * kDiskPatience) unknown.insert(folder.path);
  }
  if (unknown.empty()) return true;
  suspicions_.try_emplace(place.rules.path.native(), Suspicion{.since = now})
      .first->second.pending.merge(unknown);
  return false;
}

void Unwritable::doubt_unready(const Places& places, WallTime now) {
  for (const auto& [inbox, place] : places)
    for (const Folder& folder : place->folders)
      if (std::ranges::find(place->unready, folder.path) != place->unready.end()) watch(folder, now);
}

void Unwritable::suspect(const queue::Job& job, const Place& place,
                         const std::optional<std::string>& why_full, WallTime now) {
  const Folder writes_to = written_by(job, place);
  const auto known = watched_.find(writes_to.path);
  if (known != watched_.end() && known->second.trouble) {
    if (why_full || known->second.trouble->by_look) known->second.trouble->until = now + kDiskPatience;
    return;
  }
  const auto before = suspicions_.find(job.inbox);
  if (before != suspicions_.end()) {
    if (why_full) {
      before->second.writes_to = writes_to;
      before->second.why_full = why_full;
    }
    if (!before->second.pending.empty() || now - before->second.since < kFolderLook) return;
  }
  Suspicion suspicion{.writes_to = writes_to, .why_full = why_full, .since = now};
  std::vector<Folder> folders = needed_by(place);
  folders.push_back(writes_to);
  for (const Folder& folder : folders) {
    Watched& watched = watch(folder, now);
    if (watched.trouble) {
      suspicion.is_confirmed = true;
    } else {
      suspicion.pending.insert(folder.path);
      watched.look_at = now;
    }
  }
  suspicions_.insert_or_assign(job.inbox, std::move(suspicion));
}

void Unwritable::worked(const queue::Job& job, const Place& place, WallTime now) {
  if (empty()) return;
  const auto known = watched_.find(written_by(job, place).path);
  if (known != watched_.end() && known->second.trouble)
    known->second.look_at = known->second.trouble->until = now;
}

std::vector<Folder> Unwritable::take_looks(WallTime now) {
  std::vector<Folder> folders;
  for (auto& [path, watched] : watched_) {
    if (watched.under_way || watched.look_at > now) continue;
    watched.under_way = true;
    folders.push_back(watched.folder);
  }
  return folders;
}

std::optional<WallTime> Unwritable::next_look() const {
  std::optional<WallTime> next;
  for (const auto& [path, watched] : watched_)
    if (!watched.under_way) next = std::min(next.value_or(WallTime::max()), watched.look_at);
  return next;
}

// Who shares the file system is looked at before it has spent anything.
void Unwritable::blame(const Folder& folder, std::string why, const Places& places, WallTime now) {
  Watched& watched = watch(folder, now);
  const bool is_new = !watched.trouble;
  const WallTime since = is_new ? now : watched.trouble->since;
  const WallTime until = is_new ? now + kDiskPatience : watched.trouble->until;
  watched.trouble = Trouble{folder.path, std::move(why), since, until};
  if (!is_new) return;
  for (const auto& [inbox, place] : places)
    for (const Folder& other : place->folders)
      if (other.on == folder.on && !is_inbox(other)) watch(other, now);
}

void Unwritable::is_full(const Folder& folder, const std::string& why, WallTime now) {
  Watched& watched = watch(folder, now);
  const std::string told = fmt::format("{} has not enough space for what is to be written ({}): {}",
                                       name_of(folder), why, what_to_do(ENOSPC));
  watched.trouble = Trouble{folder.path, told, now, now + kDiskPatience, false};
  watched.look_at = watched.trouble->until;
}

// What a look at `folder` says about those that are waited for. True when one was the last.
bool Unwritable::settle(const std::filesystem::path& folder, bool failed, WallTime now) {
  bool was_last = false;
  for (auto& [inbox, suspicion] : suspicions_) {
    if (suspicion.pending.erase(folder) == 0) continue;
    suspicion.is_confirmed = suspicion.is_confirmed || failed;
    if (!suspicion.pending.empty()) continue;
    was_last = true;
    const auto why_full = std::exchange(suspicion.why_full, std::nullopt);
    if (why_full && suspicion.writes_to && !suspicion.is_confirmed)
      is_full(*suspicion.writes_to, *why_full, now);
  }
  std::erase_if(suspicions_, [&](const auto& of) {
    return of.second.pending.empty() && now - of.second.since >= kFolderLook;
  });
  return was_last;
}

bool Unwritable::looked(const Folder& folder, const std::error_code& error, const Places& places,
                        WallTime now) {
  Watched& watched = watch(folder, now);
  const bool was_trouble = watched.trouble.has_value();
  watched.under_way = false;
  watched.look_at = now + kFolderLook;
  const bool failed = error && !says_nothing(error);
  if (failed) {
    blame(folder,
          fmt::format("{} cannot be written to ({}): {}", name_of(folder), error.message(),
                      what_to_do(error.value())),
          places, now);
    // Of a row that is done with it, or of an earlier configuration.
    if (now >= watched.trouble->until && !is_configured(folder, places)) watched.trouble.reset();
  } else if (!error && watched.trouble) {
    if (watched.trouble->by_look || now >= watched.trouble->until)
      watched.trouble.reset();
    else
      watched.look_at = watched.trouble->until;
  }
  if (!failed) passed_[folder.path] = now;
  const bool was_last = settle(folder.path, failed, now);
  const auto looked_at = watched_.find(folder.path);  // a step may be believed now
  const bool is_trouble = looked_at->second.trouble.has_value();
  if (!is_trouble) watched_.erase(looked_at);
  return was_last || is_trouble != was_trouble;
}

void Unwritable::does_not_answer(const Folder& folder, const Places& places, WallTime now) {
  blame(folder, fmt::format("{} does not answer: {}", name_of(folder), what_to_do(0)), places, now);
  settle(folder.path, true, now);
}

void Unwritable::hold(queue::Inboxes& held, State state, const Places& places) const {
  const bool is_paid = is_written("spool", state) && is_written("outbox", state);
  if (is_paid)
    for (const auto& [inbox, suspicion] : suspicions_)
      if (!suspicion.pending.empty()) held.insert(inbox);
  if (empty()) return;
  for (const auto& [inbox, place] : places)
    for (const Folder& folder : place->folders) {
      const auto known = watched_.find(folder.path);
      if (known == watched_.end() || !known->second.trouble || !is_written(folder.role, state)) continue;
      // What has not enough space for one document may have it for another.
      if (is_paid || known->second.trouble->by_look) held.insert(inbox);
    }
}

void Unwritable::forget() {
  suspicions_.clear();
  passed_.clear();
  std::erase_if(watched_, [](const auto& of) { return !of.second.under_way; });
}

bool Unwritable::empty() const {
  return std::ranges::none_of(watched_, [](const auto& of) { return of.second.trouble.has_value(); });
}

std::vector<Unwritable::Trouble> Unwritable::all() const {
  std::vector<Trouble> all;
  for (const auto& [path, watched] : watched_)
    if (watched.trouble) all.push_back(*watched.trouble);
  return all;
}

std::vector<std::string> Unwritable::inboxes_at(const std::filesystem::path& folder, const Places& places) {
  std::vector<std::string> inboxes;
  for (const auto& [inbox, place] : places)
    if (std::ranges::any_of(place->folders, [&](const Folder& one) {
          return one.path == folder && is_written(one.role, State::ready);
        }))
      inboxes.push_back(inbox);
  return inboxes;
}

}  // namespace chunkrd::pipeline
