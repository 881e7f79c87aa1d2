#include "config/sidecar.h"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include "config/document.h"
#include "config/keys.h"
#include "config/parse_settings.h"
#include "config/values.h"

namespace chunkrd::config {
namespace {

namespace json = boost::json;

// They are read when they are used, from the profile as it is then: the job does not keep them.
constexpr const char* kOfProfile = "is the profile's alone; name a profile that has it (profile: NAME)";

Keys<Sidecar> sidecar_keys(const std::vector<std::string>& profiles) {
  Keys<Sidecar> keys;
  keys.value("profile", &Sidecar::profile, name_of_profile(profiles));
  keys.add({.name = "parse", .refusal = {}, .below = parse_setting_keys()},
           [read = parse_overrides()](const Entry& entry, Sidecar& into) {
             if (auto value = read(entry)) into.parse = std::move(*value);
           });
  keys.value("priority", &Sidecar::priority, priority());
  for (const char* name :
       {"artifacts", "after_delivery", "attempts", "starting_deadline", "processing_deadline", "reuse"})
    keys.refuse(name, kOfProfile);
  return keys;
}

bool is_replaced_whole(std::string_view name) {
  return name == "tokenizer" || name == "fallback_strategy";
}

void merge(json::object& into, const json::object& over) {
  for (const auto& [name, value] : over) {
    json::value* const old = into.if_contains(name);
    if (value.is_null()) {
      into.erase(name);
    } else if (old != nullptr && old->is_object() && value.is_object() && !is_replaced_whole(name)) {
      merge(old->get_object(), value.get_object());
    } else {
      into[name] = value;
    }
  }
}

}  // namespace

Sidecar read_sidecar(const std::filesystem::path& file, const std::filesystem::path& shown_as,
                     const std::vector<std::string>& profiles) {
  Problems problems(file, shown_as);
  const YAML::Node root = load_document(problems, "write profile, parse or priority into it, or remove it");
  Sidecar sidecar;
  sidecar_keys(profiles).read(Entry(root, "", root.Mark(), problems), sidecar);
  problems.throw_if_any();
  return sidecar;
}

std::string merged(const std::string& settings, const json::value& parse) {
  json::value result = json::parse(settings);
  if (const auto* over = parse.if_object()) merge(result.as_object(), *over);
  return canonical(without_nulls(std::move(result)));
}

}  // namespace chunkrd::config
