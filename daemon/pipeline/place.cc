#include "pipeline/place.h"

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>

namespace chunkrd::pipeline {
namespace {

outbox::Layout layout_of(const config::Inbox& inbox) {
  return inbox.layout == config::Layout::folder ? outbox::Layout::folder : outbox::Layout::flat;
}

inbox::Spool::Take take_of(const config::Inbox& inbox) {
  return inbox.originals == config::Originals::keep ? inbox::Spool::Take::copy : inbox::Spool::Take::move;
}

}  // namespace

Place::Place(config::Inbox inbox, const std::filesystem::path& state)
    : rules(std::move(inbox)),
      spool(rules.path, state, take_of(rules)),
      outbox(rules.outbox, layout_of(rules)),
      failed(rules.failed) {
  if (rules.originals == config::Originals::archive) archive.emplace(rules.archive.value());
  using queue::State;
  const auto spooled = spool.path_of("job").parent_path();
  const auto archived = rules.archive.value_or(spooled);
  touched(State::claiming) = file_systems_of({rules.path, spooled, rules.failed});
  touched(State::ready) = touched(State::submitting) = file_systems_of({spooled});
  touched(State::collecting) = touched(State::delivering) = file_systems_of({rules.outbox});
  touched(State::delivered) = file_systems_of({spooled, archived, rules.failed});
  touched(State::burying) = file_systems_of({spooled, rules.failed});
  touched(State::retrying) = file_systems_of({spooled, archived, rules.failed, rules.path});
}

FileSystems& Place::touched(queue::State state) {
  return touched_[static_cast<std::size_t>(state)];
}

const FileSystems& Place::touched_in(queue::State state) const {
  return touched_[static_cast<std::size_t>(state)];
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
