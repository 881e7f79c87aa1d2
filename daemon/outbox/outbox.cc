#include "outbox/outbox.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/escape.h"
#include "core/ids.h"
#include "core/log_about.h"
#include "outbox/content.h"
#include "outbox/delivery.h"
#include "outbox/folder.h"
#include "outbox/manifests.h"
#include "outbox/relative_name.h"
#include "outbox/reservations.h"

namespace chunkrd::outbox {
namespace {

namespace fs = std::filesystem;

void require_file_name(const std::string& job_id) {
  if (!RelativeName(job_id).folders().empty())
    throw UnsafeName("the job id \"" + printable(job_id) + "\" is no file name");
}

// How far a delivery had come is not known: what was collected for it is fetched again.
void put_aside(const Folder& deliveries, const std::string& job_id, const std::string& why) {
  const Marks mark{.sha256 = {}, .job_id = "damaged"};
  for (unsigned n = 1; n < kCandidatesMax; ++n) {
    const std::string as = candidate(n, job_id, mark, 0);
    if (!deliveries.move(job_id, deliveries, as)) continue;
    deliveries.sync();
    spdlog::warn("outbox: {}; the delivery is begun anew, what was prepared for it lies in {}", why,
                 printable((deliveries.path() / as).native()));
    return;
  }
  throw std::runtime_error(why);
}

}  // namespace

struct Outbox::Root {
  Places places;
  Layout layout;
  Reservations reservations{};
  Manifests manifests{places};

  Delivery delivery(const std::string& job_id) { return {places, manifests, reservations, job_id}; }
};

Outbox::Outbox(fs::path root, Layout layout)
    : root_(new Root{.places = {.root = std::move(root)}, .layout = layout}) {}

fs::path Outbox::prepare(const std::string& job_id) {
  require_file_name(job_id);
  try {
    Delivery delivery = root_->delivery(job_id);
    delivery.restore();
    return delivery.folder().path();
  } catch (const NotAManifest& error) {
    put_aside(root_->places.open_deliveries(), job_id, error.what());
  }
  return root_->delivery(job_id).folder().path();
}

Delivered Outbox::publish(const Origin& origin, const std::string& wanted_name,
                          const std::vector<Part>& parts) {
  require_file_name(origin.job_id);
  if (std::ranges::find(parts, ".json", &Part::suffix) == parts.end())
    throw std::invalid_argument("a delivery needs its .json");
  return root_->delivery(origin.job_id).publish(origin, RelativeName(wanted_name), root_->layout, parts);
}

// An earlier result is a convenience: what cannot be read of it is as if it were not there.
bool Outbox::lend(const std::string& job_id, const std::string& suffix, const fs::path& into) const {
  require_file_name(job_id);
  const Folder to(into.parent_path());
  try {
    const auto manifest = root_->manifests.find(job_id);
    const Manifest::File* const file = manifest ? manifest->find(suffix) : nullptr;
    if (file == nullptr) return false;
    const auto target = root_->places.open().existing(manifest->folders);
    const auto place = target ? target->existing(manifest->own_folder()) : std::nullopt;
    return place && copy_content(*place, manifest->base + suffix, *file, to, into.filename());
  } catch (const std::system_error& error) {
    if (passes(error.code())) throw;
    tell_unusable(job_id, error.what());
    return false;
  }
}

std::optional<std::string> Outbox::hand_over(const std::string& earlier, const std::string& job_id) const {
  require_file_name(earlier);
  require_file_name(job_id);
  return root_->manifests.hand_over(earlier, job_id);
}

void Outbox::forget(const std::vector<std::string>& job_ids) const {
  std::ranges::for_each(job_ids, require_file_name);
  root_->manifests.remove(job_ids);
}

void Outbox::sweep(const std::vector<std::string>& keep) {
  const Folder deliveries = root_->places.open_deliveries();
  for (const std::string& job_id : deliveries.entries()) {
    // Whatever else lies there is none of ours.
    if (!time_of_job_id(job_id) || !deliveries.has_folder(job_id)) continue;
    if (std::ranges::find(keep, job_id) != keep.end()) continue;
    try {
      root_->delivery(job_id).discard();
    } catch (const std::exception& error) {
      log_about(spdlog::level::warn, "outbox: cannot remove what is left of the delivery of", {.job = job_id},
                error.what());
    }
  }
}

}  // namespace chunkrd::outbox
