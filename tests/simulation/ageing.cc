#include "tests/simulation/ageing.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/detached.hpp>
#include <fstream>
#include <utility>

#include "pipeline/rebuild/new_queue.h"
#include "queue/sqlite/diagnosis.h"
#include "queue/sqlite/replacement.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using pipeline::rebuild::Listed;

constexpr std::uintmax_t kPage = 4096;

void remove_queue(const fs::path& file) {
  for (const std::string_view ending : queue::kDatabaseFiles) fs::remove(file.native() + std::string(ending));
}

// The list as a command reads it, with nobody else at work.
Listed read_list(SimulatedClock& time, const Clock& clock, taskapi::Client& service) {
  asio::io_context loop{1};
  time.use(loop);
  std::optional<Listed> listed;
  asio::co_spawn(
      loop, [&]() -> awaitable<void> { listed = co_await pipeline::rebuild::read_list(service, clock); },
      asio::detached);
  while (!listed) {
    if (loop.stopped()) loop.restart();
    if (loop.poll_one() == 0 && !listed) time.move_to(time.next());
  }
  return std::move(*listed);
}

}  // namespace

void Ageing::plan() {
  for (int i = 0; i < stage_.plan.borders.rebuilds; ++i) {
    stage_.at_some_time(4h, [this] { copy(); });
    if (stage_.random.chance(0.5))
      stage_.at_some_time(5h, [this] { strike(); });
    else
      stage_.at_some_time(2h, [this] { waiting_ += 1; });
  }
}

void Ageing::saw_submit() {
  if (waiting_ == 0) return;
  waiting_ -= 1;
  stage_.at_some_time(5s, [this] { strike(); });
}

// As a backup takes it: with its log, or (who has not thought of it) without.
void Ageing::copy() {
  const fs::path file = stage_.queue_file();
  const fs::path into = stage_.root() / fmt::format("backup-{}", ++copies_);
  fs::create_directory(into);
  fs::copy_file(file, into / "queue.sqlite");
  const fs::path log = file.native() + "-wal";
  if (fs::exists(log) && stage_.random.chance(0.7)) fs::copy_file(log, into / "queue.sqlite-wal");
}

void Ageing::strike() {
  // Mounts that are missing are waited for, by people, too.
  if (!stage_.daemon || stage_.inbox_away || stage_.spool_away) {
    stage_.at(stage_.time.now() + 5min, [this] { strike(); });
    return;
  }
  const fs::path log_lost = stage_.root() / "log-lost.sqlite";
  fs::copy_file(stage_.queue_file(), log_lost, fs::copy_options::overwrite_existing);
  stage_.between_two_lives([&] {
    const bool is_readable = harm(log_lost);
    // Whoever puts a backup back may just start the daemon: it sees that its queue is older than it was.
    if (!is_readable || stage_.random.chance(0.5)) rebuild();
    told_();
  });
}

bool Ageing::harm(const fs::path& log_lost) {
  const fs::path file = stage_.queue_file();
  const auto way = stage_.random.below(copies_ > 0 ? 6 : 4);
  spdlog::info("harm of kind {} comes to the queue", way);
  switch (way) {
    case 0:
      overwrite_pages();
      return false;
    case 1:
      fs::resize_file(file, stage_.random.below(fs::file_size(file)));
      return false;
    case 2:
      remove_queue(file);
      return true;
    case 3:
      remove_queue(file);
      fs::copy_file(log_lost, file);
      return true;
    default:
      break;
  }
  const auto which = 1 + stage_.random.below(static_cast<std::uint64_t>(copies_));
  const fs::path backup = stage_.root() / fmt::format("backup-{}", which);
  remove_queue(file);
  for (const auto& entry : fs::directory_iterator(backup))
    fs::copy_file(entry.path(), file.parent_path() / entry.path().filename());
  return true;
}

void Ageing::overwrite_pages() {
  std::fstream file(stage_.queue_file(), std::ios::in | std::ios::out | std::ios::binary);
  const std::uintmax_t pages = std::max<std::uintmax_t>(1, fs::file_size(stage_.queue_file()) / kPage);
  std::string rubbish(kPage, '\0');
  for (auto left = 1 + stage_.random.below(1 + pages / 4); left > 0; --left) {
    for (char& byte : rubbish) byte = static_cast<char>(stage_.random.next());
    file.seekp(static_cast<std::streamoff>(stage_.random.below(pages) * kPage));
    file.write(rubbish.data(), static_cast<std::streamsize>(rubbish.size()));
  }
}

// As cli/rebuild.cc does it.
void Ageing::rebuild() {
  const fs::path file = stage_.queue_file(), workshop = stage_.settings.state / "rebuild.tmp";
  fs::create_directory(workshop);
  queue::copy_readable(file, workshop / "old.sqlite");
  queue::diagnose(workshop / "old.sqlite");
  stage_.clock.go_on_from(std::nullopt);
  Listed listed = read_list(stage_.time, stage_.clock, stage_.service);
  const std::string list_told = listed.why_not.empty() ? "read" : listed.why_not;
  const auto made =
      pipeline::rebuild::make_queue(workshop / "old.sqlite", workshop / "new.sqlite", stage_.settings,
                                    std::move(listed), [this](const std::optional<Mark>& last) {
                                      stage_.clock.go_on_from(last);
                                      return stage_.clock.mark();
                                    });
  for (const std::string& left : made.found.left) stage_.problem("a rebuild could not use " + left);
  queue::replace(file, workshop / "new.sqlite", "replaced");
  fs::remove_all(workshop);
  for (const auto& entry : fs::directory_iterator(stage_.settings.state))
    if (entry.path().filename().native().starts_with("queue.sqlite.replaced")) fs::remove(entry.path());
  stage_.verdict.rebuilds += 1;
  spdlog::info(
      "the queue was rebuilt: {} jobs, {} of them from the old one; {} delivered, {} spooled, {} failed, {} "
      "adopted, {} looked for; list: {}",
      made.jobs, made.salvaged.jobs, made.found.delivered, made.found.spooled, made.found.failed,
      made.found.adopted, made.found.looked_for, list_told);
}

}  // namespace chunkrd::simulation
