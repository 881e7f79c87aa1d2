#include "outbox/manifests.h"

#include <cerrno>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"
#include "core/log_about.h"
#include "outbox/relative_name.h"

namespace chunkrd::outbox {
namespace {

std::string file_of(const std::string& job_id) {
  return job_id + ".json";
}

}  // namespace

Folder Places::open() const {
  durable::make_directories(root);
  return Folder(root);
}

Folder Places::open_own() const {
  Folder own = open().own(".chunkrd");
  own.make_private();
  return own;
}

std::optional<Manifest> Manifests::find(const std::string& job_id) const {
  const auto folder = places_.open().existing({".chunkrd", "manifests"});
  if (!folder) return std::nullopt;
  try {
    return read_manifest(*folder, file_of(job_id));
  } catch (const NotAManifest& error) {
    tell_unusable(job_id, error.what());
  }
  return std::nullopt;
}

void Manifests::take(const Folder& folder, const std::string& intent, const std::string& job_id) const {
  const Folder manifests = places_.open_manifests();
  const std::string name = file_of(job_id);
  // Somebody's folder in its place would be in the way for ever.
  if (manifests.has_folder(name)) {
    const Marks mark{.sha256 = {}, .job_id = "kept"};
    unsigned n = 1;
    while (n < kCandidatesMax && !manifests.move(name, manifests, candidate(n, name, mark, 0))) ++n;
  }
  folder.replace(intent, manifests, name);
  manifests.sync();
}

std::optional<std::string> Manifests::hand_over(const std::string& earlier, const std::string& job_id) const {
  const auto handed = find(job_id);
  auto manifest = handed ? handed : find(earlier);
  if (!manifest) return std::nullopt;
  if (!handed) {
    manifest->origin.job_id = job_id;
    places_.open_manifests().write(file_of(job_id), to_json(*manifest));
  }
  remove({earlier});
  return manifest->name();
}

void Manifests::remove(const std::vector<std::string>& job_ids) const {
  const auto manifests = places_.open().existing({".chunkrd", "manifests"});
  if (!manifests) return;
  for (const std::string& job_id : job_ids) {
    if (manifests->has_folder(file_of(job_id)))
      tell_unusable(job_id, printable((manifests->path() / file_of(job_id)).native()) + " is a folder");
    else
      manifests->remove(file_of(job_id));
  }
  manifests->sync();
}

void tell_unusable(const std::string& job_id, const std::string& what) {
  log_about(spdlog::level::warn, "outbox:", {.job = job_id},
            what + "; what was delivered stays where it is, and is neither delivered again nor replaced");
}

}  // namespace chunkrd::outbox
