#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/async.h"
#include "core/ground.h"
#include "inbox/identity.h"

namespace chunkrd::inbox {

enum class WatchMode { automatic, events, scan };

/// What one inbox takes. Durations are measured on the monotonic clock.
struct Rules {
  std::filesystem::path path;
  /// Tells an empty mount point from the inbox (Ground::Kind::theirs); null where that does not matter.
  std::shared_ptr<const Ground> ground = nullptr;
  std::chrono::milliseconds settle{5000};
  std::chrono::seconds rescan{300};
  WatchMode watch = WatchMode::automatic;
  std::vector<std::string> ignore;  ///< fnmatch(3) patterns of base names, besides the built-in ones
};

/// A document that has settled: a regular file, complete as far as one can know.
struct Arrival {
  std::string name;  ///< path below the inbox, bytes
  Identity identity;
  std::optional<Identity> sidecar = std::nullopt;  ///< that has settled with it: NAME.chunkr.yaml
};

/// What became of a document that was reported.
enum class Reception {
  in_hand,  ///< the queue works on it, or has done so: not reported again while it stays as it is
  left,     ///< the queue will not work on it while it stays as it is: not reported again, but unclaimed
  later,    ///< not now: reported again soon, unclaimed until then
};

/// Told of settled documents. Called on the event loop; the inbox waits for it, so that a slow queue slows
/// the inbox down and memory does not grow.
using OnArrival = std::function<awaitable<Reception>(Arrival)>;

/// Counters for the metrics; they only grow, the last four aside.
struct Statistics {
  std::uint64_t events = 0;   ///< times that the kernel told of names where something has happened
  std::uint64_t entries = 0;  ///< files and folders that scans have seen
  std::chrono::steady_clock::duration scanning{};       ///< how long scans took, all of them together
  std::uint64_t scans = 0, overflows = 0, refused = 0;  ///< refused: links, FIFOs, devices, ...
  std::size_t settling = 0;
  /// Documents that nobody works on: left, to come later, cannot be looked at; and folders that cannot be
  /// listed, whatever is in them.
  std::size_t unclaimed = 0;
  bool available = true;  ///< false while the folder cannot be read (unmounted)
  std::string why_not;    ///< for people: what happened, and what to do
};

/// Watches one folder and everything below it, with inotify where that works and by scanning always.
///
/// A file is reported when it has been seen unchanged (same identity) for `settle`, also one that lay there
/// at start, and that nobody has open for writing, where that can be known (see Writers); together with its
/// sidecar, if there is one by then, which has to be unchanged for as long. A sidecar alone waits for its
/// document. What cannot be looked at is looked at again soon. Temporary names (.*, *.part, *.filepart,
/// *.tmp, ~$*, *.crdownload,
/// ...) are ignored; links, FIFOs, sockets and devices are refused with one warning each. An unreadable or
/// missing folder is a pause, not an empty inbox. Scanning happens on `files`, everything else on the calling
/// coroutine's event loop.
class Inbox {
 public:
  Inbox(Rules rules, Executor files);
  ~Inbox();

  /// Runs until the coroutine is cancelled or stop() is called, also before run(). Let it end before this
  /// object or its event loop goes. Throws std::system_error only when inotify itself is not to be had in
  /// WatchMode::events, and what `on_arrival` throws.
  awaitable<void> run(OnArrival on_arrival);
  void stop();

  /// Scan as soon as possible, for example after SIGHUP.
  void rescan();

  /// The queue works no more on the document of this name: what lies there is looked at at once, settles anew
  /// and is reported again.
  void let_go(std::string name);

  Statistics statistics() const;
  const Rules& rules() const;

 private:
  struct Watcher;
  std::unique_ptr<Watcher> watcher_;
};

}  // namespace chunkrd::inbox
