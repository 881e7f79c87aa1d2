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
