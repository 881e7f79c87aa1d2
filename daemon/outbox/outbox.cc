#include "outbox/outbox.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/durable.h"
#include "core/escape.h"
#include "outbox/content.h"
#include "outbox/delivery.h"
#include "outbox/folder.h"
#include "outbox/relative_name.h"
#include "outbox/reservations.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

void require_file_name(const std::string& job_id) {
  if (!RelativeName(job_id).folders().empty())
    throw UnsafeName("the job id \"" + printable(job_id) + "\" is no file name");
}

}  // namespace

struct Outbox::Root {
  Places places;
  Layout layout;
  Reservations reservations;
};

Outbox::Outbox(fs::path root, Layout layout)
    : root_(new Root{.places = {.root = std::move(root)}, .layout = layout, .reservations = {}}) {
  durable::make_directories(root_->places.deliveries());
  durable::make_directories(root_->places.manifests());
}

Outbox::~Outbox() = default;

fs::path Outbox::prepare(const std::string& job_id) {
  require_file_name(job_id);
  const fs::path folder = Folder(root_->places.deliveries()).below({job_id}).path();
  Delivery(root_->places, root_->reservations, job_id).restore();
  return folder;
}

Delivered Outbox::publish(const Origin& origin, const std::string& wanted_name,
                          const std::vector<Part>& parts) {
  require_file_name(origin.job_id);
  if (std::ranges::find(parts, ".json", &Part::suffix) == parts.end())
    throw std::invalid_argument("a delivery needs its .json");
  return Delivery(root_->places, root_->reservations, origin.job_id)
      .publish(origin, RelativeName(wanted_name), root_->layout, parts);
}

bool Outbox::lend(const std::string& job_id, const std::string& suffix, const fs::path& into) const {
  require_file_name(job_id);
  const auto manifest = read_manifest(root_->places.manifests() / (job_id + ".json"));
  const Manifest::File* const file = manifest ? manifest->find(suffix) : nullptr;
  if (file == nullptr) return false;
  const fs::path from = root_->places.root / manifest->path_of(*file);
  if (!holds(from, *file)) return false;
  remove_content(into);
  fs::copy(from, into, fs::copy_options::recursive);
  sync_content(into);
  return holds(into, *file);
}

void Outbox::forget(const std::vector<std::string>& job_ids) const {
  const Folder manifests(root_->places.manifests());
  for (const std::string& job_id : job_ids) {
    require_file_name(job_id);
    manifests.remove(job_id + ".json");
  }
  manifests.sync();
}

void Outbox::sweep(const std::vector<std::string>& keep) {
  for (const auto& entry : fs::directory_iterator(root_->places.deliveries())) {
    const std::string job_id = entry.path().filename();
    if (std::ranges::find(keep, job_id) != keep.end()) continue;
    try {
      Delivery(root_->places, root_->reservations, job_id).discard();
    } catch (const std::exception& error) {
      spdlog::warn("outbox: cannot remove what is left of the delivery of job {}: {}", printable(job_id),
                   error.what());
    }
  }
}

}  // namespace chunkrd::outbox
