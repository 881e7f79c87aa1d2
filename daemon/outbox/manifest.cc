#include "outbox/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <new>
#include <stdexcept>
#include <system_error>

#include "core/errors.h"
#include "core/escape.h"
#include "outbox/folder.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

namespace json = boost::json;

constexpr int kVersion = 1;

std::string bytes_at(const json::object& object, std::string_view key) {
  return unprintable(json::value_to<std::string>(object.at(key)));
}

std::optional<std::vector<Manifest::Member>> members_of(const json::object& file) {
  const json::value* const entries = file.if_contains("members");
  if (entries == nullptr) return std::nullopt;
  std::vector<Manifest::Member> members;
  for (const json::value& entry : entries->as_array()) {
    const json::object& member = entry.as_object();
    members.push_back({.name = bytes_at(member, "name"),
                       .sha256 = bytes_at(member, "sha256"),
                       .size_bytes = member.at("size_bytes").to_number<std::uint64_t>()});
  }
  return members;
}

json::object describe(const Manifest::File& file) {
  json::object described{{"suffix", printable(file.suffix)},
                         {"source", printable(file.source)},
                         {"sha256", file.sha256},
                         {"size_bytes", file.size_bytes}};
  if (!file.members) return described;
  json::array& members = described["members"].emplace_array();
  for (const Manifest::Member& member : *file.members)
    members.push_back(json::object{
        {"name", printable(member.name)}, {"sha256", member.sha256}, {"size_bytes", member.size_bytes}});
  return described;
}

// Somebody may have written into it: no name of it leads out of the folder that it is for.
void require_safe_names(const Manifest& manifest) {
  const auto require = [](const std::string& name) {
    if (!RelativeName(name).folders().empty()) throw UnsafeName("a path in place of a name");
  };
  std::ranges::for_each(manifest.folders, require);
  require(manifest.base);
  for (const Manifest::File& file : manifest.files) {
    require(manifest.base + file.suffix);
    require(file.source);
    if (!file.members) continue;
    for (const Manifest::Member& member : *file.members) require(member.name);
  }
}

Manifest from_json(std::string_view text) {
  const json::value document = json::parse(text);
  const json::object& object = document.as_object();
  if (object.at("version").to_number<int>() != kVersion) throw std::runtime_error("of another version");

  Manifest manifest;
  manifest.origin = {.job_id = bytes_at(object, "job_id"),
                     .name = bytes_at(object, "name"),
                     .task_id = bytes_at(object, "task_id"),
                     .input_sha256 = bytes_at(object, "input_sha256"),
                     .settings_hash = bytes_at(object, "settings_hash")};
  // Not in manifests of the first release.
  if (const auto* revision = object.if_contains("revision"))
    manifest.origin.revision = revision->to_number<int>();
  if (const auto* replaces = object.if_contains("replaces")) manifest.replaces = replaces->as_bool();
  if (object.contains("supersedes")) manifest.origin.supersedes = bytes_at(object, "supersedes");
  manifest.layout = object.at("layout").as_string() == "folder" ? Layout::folder : Layout::flat;
  for (const json::value& folder : object.at("folders").as_array())
    manifest.folders.push_back(unprintable(json::value_to<std::string>(folder)));
  manifest.base = bytes_at(object, "base");
  for (const json::value& entry : object.at("files").as_array()) {
    const json::object& file = entry.as_object();
    manifest.files.push_back({.suffix = bytes_at(file, "suffix"),
                              .source = bytes_at(file, "source"),
                              .sha256 = bytes_at(file, "sha256"),
                              .size_bytes = file.at("size_bytes").to_number<std::uint64_t>(),
                              .members = members_of(file)});
  }
  if (!manifest.find(".json")) throw std::runtime_error("without a .json file");
  require_safe_names(manifest);
  return manifest;
}

template <class Read>
std::optional<Manifest> read_and_parse(Read read, const std::filesystem::path& path) {
  try {
    const std::optional<std::string> text = read();
    if (!text) return std::nullopt;
    return from_json(*text);
  } catch (const std::system_error& error) {
    if (passes(error.code())) throw;
    throw NotAManifest(error.what());
  } catch (const std::bad_alloc&) {
    throw;
  } catch (const std::exception& error) {
    throw NotAManifest(fmt::format("{}: not a manifest of ours: {}", printable(path.native()), error.what()));
  }
}

}  // namespace

std::string Manifest::name() const {
  std::string name;
  for (const std::string& folder : folders) name += folder + '/';
  return name + base;
}

std::vector<std::string> Manifest::own_folder() const {
  if (layout == Layout::folder) return {base};
  return {};
}

std::filesystem::path Manifest::path_of(const File& file) const {
  std::filesystem::path path;
  for (const std::string& folder : folders) path /= folder;
  if (layout == Layout::folder) path /= base;
  return path / (base + file.suffix);
}

const Manifest::File* Manifest::find(const std::string& suffix) const {
  const auto file = std::ranges::find(files, suffix, &File::suffix);
  return file == files.end() ? nullptr : &*file;
}

const Manifest::File& Manifest::json() const {
  return *find(".json");
}

std::string to_json(const Manifest& manifest) {
  json::array folders;
  for (const std::string& folder : manifest.folders) folders.emplace_back(printable(folder));
  json::array files;
  for (const Manifest::File& file : manifest.files) files.push_back(describe(file));
  const json::object document{{"version", kVersion},
                              {"job_id", printable(manifest.origin.job_id)},
                              {"name", printable(manifest.origin.name)},
                              {"task_id", printable(manifest.origin.task_id)},
                              {"input_sha256", printable(manifest.origin.input_sha256)},
                              {"settings_hash", printable(manifest.origin.settings_hash)},
                              {"revision", manifest.origin.revision},
                              {"replaces", manifest.replaces},
                              {"supersedes", printable(manifest.origin.supersedes)},
                              {"layout", manifest.layout == Layout::folder ? "folder" : "flat"},
                              {"folders", std::move(folders)},
                              {"base", printable(manifest.base)},
                              {"files", std::move(files)}};
  return json::serialize(document) + "\n";
}

std::optional<Manifest> read_manifest(const std::filesystem::path& path) {
  return read_and_parse([&] { return read_if_there(path); }, path);
}

std::optional<Manifest> read_manifest(const Folder& folder, const std::string& name) {
  return read_and_parse([&] { return folder.read(name); }, folder.path() / name);
}

bool passes(const std::error_code& code) {
  return is_full_disk(code) || code == std::errc::too_many_files_open ||
         code == std::errc::too_many_files_open_in_system || code == std::errc::not_enough_memory;
}

}  // namespace chunkrd::outbox
