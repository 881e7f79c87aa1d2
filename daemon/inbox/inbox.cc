#include "inbox/inbox.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <expected>
#include <optional>
#include <unordered_set>
#include <utility>

#include "core/escape.h"
#include "inbox/gate.h"
#include "inbox/scan.h"
#include "inbox/watch.h"

namespace chunkrd::inbox {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

// How much is done between two looks at stop() and the events: some milliseconds.
constexpr std::size_t kEntriesAtOnce = 4096;
// Short, because each of these waits for the queue, and what was seen of the last one gets older.
constexpr std::size_t kArrivalsAtOnce = 64;
constexpr auto kAskAgain = 5s;    // after on_arrival said `later`
constexpr auto kRetry = 2s;       // while the folder is not there
constexpr auto kBlindScan = 10s;  // the least pause between scans of folders without events, or in trouble
// Every so often a scan looks at each file also where events have told of every change: writes through
// mmap(2) or through a hard link elsewhere are told to nobody.
constexpr std::uint64_t kThoroughEvery = 12;

// Or why it cannot be looked at now. Blocking.
std::expected<Tree, std::string> open_root(const Rules& rules) {
  try {
    if (rules.ground) (void)rules.ground->open();
  } catch (const FolderGone& gone) {
    return std::unexpected(gone.what());
  } catch (const std::system_error&) {
    // Nothing can be remembered now: it may be there all the same.
  }
  auto tree = Tree::open(rules.path);
  if (tree) return std::move(*tree);
  return std::unexpected(fmt::format("{}: {}; waiting until it can be read", printable(rules.path.native()),
                                     tree.error().message()));
}

}  // namespace

struct Inbox::Watcher {
  Watcher(Rules rules_given, Executor files_given);

  awaitable<void> run(OnArrival on_arrival);
  void ring();

  const Rules rules;
  const Executor files;
  Statistics statistics;
  Gate gate;
  std::vector<std::string> let_go;  ///< since the last look
  bool stopping = false;
  bool thorough = true;  ///< the next scan looks at every file
  Steady::time_point scan_at{};
  std::size_t closed = 0;  ///< folders that could not be listed since the last scan began

 private:
  /// Why folders are listed.
  enum class Pass {
    newcomers,  ///< what came in; a folder that is watched has been listed already
    quick,      ///< the periodic scan
    thorough,   ///< events may have been missed: every file is looked at
  };

  void start_watching(const Executor& loop);
  awaitable<void> listen();
  awaitable<void> work(const OnArrival& on_arrival);
  awaitable<void> sleep_until(Steady::time_point time);
  void mind_losses();

  awaitable<std::optional<Tree>> open_tree();
  awaitable<void> scan();
  awaitable<bool> list_below(const Tree& tree, std::string start, Pass pass);
  awaitable<bool> list_folder(const Tree& tree, const std::string& folder, Pass pass,
                              std::vector<std::string>& pending);
  bool cannot_list(const std::string& folder, const std::error_code& error);
  Watch::Added watch_folder(const std::string& folder, const OpenedFolder& opened);

  awaitable<void> follow_events();
  awaitable<void> enter(const Tree& tree, const Sighting& sighting);
  awaitable<void> report(const OnArrival& on_arrival);
  std::string place(const std::string& name) const { return printable((rules.path / name).native()); }

  std::optional<Watch> watch_;
  std::optional<asio::steady_timer> timer_;
  bool rung_ = false, listening_ = false;
  std::exception_ptr listen_failure_;
  bool blind_ = false;    ///< some folder is not watched
  bool missing_ = false;  ///< some folder could not be listed, and may be another time
  Identity root_;
  Steady::time_point scanned_at_{};
  std::unordered_set<std::string> unreadable_;  ///< folders that were warned of
};

Inbox::Watcher::Watcher(Rules rules_given, Executor files_given)
    : rules(std::move(rules_given)), files(std::move(files_given)), gate(rules) {}

// --- The coroutine and its bell

awaitable<void> Inbox::Watcher::run(OnArrival on_arrival) {
  const Executor loop = co_await asio::this_coro::executor;
  timer_.emplace(loop);
  start_watching(loop);
  std::exception_ptr failure;
  try {
    co_await work(on_arrival);
  } catch (...) {
    failure = std::current_exception();
  }
  // Nothing may outlive this coroutine, so its listener is waited for even when it was cancelled.
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (watch_) watch_->close();
  while (listening_) co_await sleep_until(Steady::time_point::max());
  if (!failure) failure = listen_failure_;
  if (failure) std::rethrow_exception(failure);
}

void Inbox::Watcher::start_watching(const Executor& loop) {
  if (rules.watch == WatchMode::scan) return;
  try {
    watch_.emplace(loop, rules.path);
  } catch (const std::system_error& error) {
    if (rules.watch == WatchMode::events) throw;
    spdlog::warn("inbox {}: {}; it is scanned instead", printable(rules.path.native()), error.what());
    return;
  }
  listening_ = true;
  asio::co_spawn(loop, listen(), [this](std::exception_ptr failure) {
    listening_ = false;
    listen_failure_ = std::move(failure);
    if (listen_failure_) stopping = true;
    ring();
  });
}

awaitable<void> Inbox::Watcher::listen() {
  while (co_await watch_->read()) {
    ++statistics.events;
    ring();
  }
}

void Inbox::Watcher::ring() {
  rung_ = true;
  if (timer_) timer_->cancel();
}

awaitable<void> Inbox::Watcher::sleep_until(Steady::time_point time) {
  if (!rung_) {
    boost::system::error_code interrupted;
    timer_->expires_at(time);
    co_await timer_->async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
  }
  rung_ = false;
}

awaitable<void> Inbox::Watcher::work(const OnArrival& on_arrival) {
  while (!stopping) {
    mind_losses();
    if (Steady::now() >= scan_at) co_await scan();
    if (!stopping) co_await follow_events();
    if (!stopping && statistics.available) co_await report(on_arrival);
    if (stopping) break;
    auto wake_at = scan_at;
    if (const auto next = gate.settle().next(); next && statistics.available)
      wake_at = std::min(wake_at, *next);
    co_await sleep_until(wake_at);
  }
}

/// Lost events, a lost root and files left out are all made good by a scan.
void Inbox::Watcher::mind_losses() {
  const auto now = Steady::now();
  if (watch_ && watch_->take_root_left()) {
    watch_->clear();
    scan_at = now;
    thorough = true;
  }
  if (watch_ && watch_->take_overflowed()) {
    ++statistics.overflows;
    spdlog::info("inbox {}: too many events at once; scanning", printable(rules.path.native()));
    watch_->clear();  // a folder may have moved without our knowing
    thorough = true;
    // Not at once after the last one: a flood of events shall not become a flood of scans.
    scan_at = std::min(scan_at, std::max(now, scanned_at_ + rules.settle));
  }
  if (gate.take_room_for_left_out()) scan_at = now;
}

// --- Scanning

awaitable<std::optional<Tree>> Inbox::Watcher::open_tree() {
  auto tree = co_await run_on(files, [this] { return open_root(rules); });
  if (tree) {
    statistics.why_not.clear();
    if (!std::exchange(statistics.available, true))
      spdlog::info("inbox {}: is there again", printable(rules.path.native()));
    co_return std::move(*tree);
  }
  if (std::exchange(statistics.available, false)) spdlog::warn("inbox {}", tree.error());
  statistics.why_not = tree.error();
  scan_at = Steady::now() + kRetry;
  thorough = true;
  co_return std::nullopt;
}

awaitable<void> Inbox::Watcher::scan() {
  const auto started = Steady::now();
  auto tree = co_await open_tree();
  if (!tree) co_return;
  const bool another_root = tree->identity().device != root_.device || tree->identity().inode != root_.inode;
  if (another_root && watch_) watch_->clear();
  root_ = tree->identity();

  const bool all = std::exchange(thorough, false) || statistics.scans % kThoroughEvery == 0;
  blind_ = missing_ = false;
  closed = 0;
  gate.known().begin_sweep();
  const bool whole = co_await list_below(*tree, "", all ? Pass::thorough : Pass::quick);
  if (whole) gate.known().end_sweep();

  ++statistics.scans;
  scanned_at_ = Steady::now();
  statistics.scanning += scanned_at_ - started;
  Steady::duration pause = rules.rescan;
  // Without events the scan is how files are found: often, but never more than a twentieth of the time.
  if (blind_ || missing_)
    pause = std::min(pause, std::max<Steady::duration>(kBlindScan, 20 * (scanned_at_ - started)));
  if (!thorough) scan_at = scanned_at_ + pause;
}

/// Lists `start` and everything below it. False when something there may have been missed.
awaitable<bool> Inbox::Watcher::list_below(const Tree& tree, std::string start, Pass pass) {
  bool whole = true;
  std::vector<std::string> pending;
  pending.push_back(std::move(start));
  while (!pending.empty() && !stopping) {
    const auto folder = std::move(pending.back());
    pending.pop_back();
    if (!co_await list_folder(tree, folder, pass, pending)) whole = false;
  }
  co_return whole && !stopping;
}

/// Watched first, listed then: what comes in between is seen twice rather than never.
awaitable<bool> Inbox::Watcher::list_folder(const Tree& tree, const std::string& folder, Pass pass,
                                            std::vector<std::string>& pending) {
  try {
    const auto opened = co_await run_on(files, [&tree, &folder] { return open_folder(tree, folder); });
    if (!opened.listing) co_return cannot_list(folder, opened.error);
    unreadable_.erase(folder);
    const auto watched = watch_folder(folder, opened);
    if (watched == Watch::Added::before && pass == Pass::newcomers) co_return true;
    const auto depth = watched == Watch::Added::before && pass == Pass::quick ? Depth::names : Depth::files;
    Listing::Piece piece;
    while (!piece.last && !stopping) {
      piece = co_await run_on(files, [this, listing = opened.listing.get(), depth] {
        return listing->next(gate.names(), gate.known(), depth, kEntriesAtOnce);
      });
      const auto now = Steady::now();
      statistics.entries += piece.entries;
      for (const auto& sighting : piece.files) (void)gate.has_settled(sighting, now);
      std::ranges::move(piece.folders, std::back_inserter(pending));
    }
    co_return true;
  } catch (const std::system_error& error) {
    co_return cannot_list(folder, error.code());
  }
}

Watch::Added Inbox::Watcher::watch_folder(const std::string& folder, const OpenedFolder& opened) {
  const bool wanted = watch_ && (opened.tells_of_changes || rules.watch == WatchMode::events);
  const auto added = wanted ? watch_->add(folder) : Watch::Added::not_at_all;
  if (added == Watch::Added::not_at_all) blind_ = true;
  return added;
}

bool Inbox::Watcher::cannot_list(const std::string& folder, const std::error_code& error) {
  if (means_gone(error)) {
    spdlog::debug("inbox: {} went away", place(folder));
    return true;
  }
  ++closed;
  if (unreadable_.insert(folder).second)
    spdlog::warn("inbox: folder {} cannot be read: {}; the others go on", place(folder), error.message());
  // What lies in a folder that we may not enter is not ours; after any other error it may be there still.
  if (error == std::errc::permission_denied) return true;
  missing_ = true;
  return false;
}

// --- Files

/// What was told of, by the kernel or by the queue, is looked at.
awaitable<void> Inbox::Watcher::follow_events() {
  auto touched = watch_ ? watch_->take_names() : std::vector<std::string>();
  std::erase_if(touched, [this](const std::string& name) { return !gate.names().enters(split(name).base); });
  for (auto& name : std::exchange(let_go, {})) {
    gate.let_go(name);
    touched.push_back(std::move(name));
  }
  if (touched.empty()) co_return;
  const auto tree = co_await open_tree();
  if (!tree) co_return;
  const auto sightings = co_await run_on(files, [&] { return look_at(*tree, touched); });
  const auto now = Steady::now();
  for (const auto& sighting : sightings) {
    if (stopping) co_return;
    co_await enter(*tree, sighting);
    (void)gate.has_settled(sighting, now);
  }
}

/// Lists what is a folder.
awaitable<void> Inbox::Watcher::enter(const Tree& tree, const Sighting& sighting) {
  if (sighting.kind == Kind::folder && !co_await list_below(tree, sighting.name, Pass::newcomers))
    scan_at = std::min(scan_at, Steady::now() + kBlindScan);
}

awaitable<void> Inbox::Watcher::report(const OnArrival& on_arrival) {
  const auto now = Steady::now();
  const auto due = gate.settle().due(now, kArrivalsAtOnce);
  if (due.empty()) co_return;
  const auto tree = co_await open_tree();
  if (!tree) co_return;
  const auto sightings = co_await run_on(files, [&] { return look_closely(*tree, due); });
  for (const auto& sighting : sightings) {
    if (stopping) co_return;
    co_await enter(*tree, sighting);  // it was not clear at first what that is
    if (!gate.has_settled(sighting, now)) continue;
    const Arrival arrival{sighting.name, sighting.identity, sighting.sidecar};
    const auto reception = co_await on_arrival(arrival);
    gate.received(arrival, reception, Steady::now() + kAskAgain);
  }
}

// --- The inbox as others see it

Inbox::Inbox(Rules rules, Executor files)
    : watcher_(std::make_unique<Watcher>(std::move(rules), std::move(files))) {}

Inbox::~Inbox() = default;

awaitable<void> Inbox::run(OnArrival on_arrival) {
  return watcher_->run(std::move(on_arrival));
}

void Inbox::stop() {
  watcher_->stopping = true;
  watcher_->ring();
}

void Inbox::rescan() {
  watcher_->scan_at = {};
  watcher_->thorough = true;
  watcher_->ring();
}

void Inbox::let_go(std::string name) {
  watcher_->let_go.push_back(std::move(name));
  watcher_->ring();
}

Statistics Inbox::statistics() const {
  auto statistics = watcher_->statistics;
  const auto& settle = watcher_->gate.settle();
  statistics.settling = settle.size() - settle.unclaimed();
  statistics.unclaimed = watcher_->gate.unclaimed() + watcher_->closed;
  statistics.refused = watcher_->gate.refused();
  return statistics;
}

const Rules& Inbox::rules() const {
  return watcher_->rules;
}

}  // namespace chunkrd::inbox
