#pragma once

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <exception>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "folder.h"
#include "inbox/inbox.h"

namespace chunkrd::inbox {

using namespace std::chrono_literals;

inline Rules rules_for(const std::filesystem::path& path) {
  return {.path = path, .settle = 50ms, .rescan = 3600s, .watch = WatchMode::automatic, .ignore = {}};
}

/// An inbox that runs on the test's thread whenever the test waits for something.
class RunningInbox {
 public:
  explicit RunningInbox(Rules rules) : inbox(std::move(rules), pool_.get_executor()) {
    asio::co_spawn(loop, inbox.run([this](Arrival arrival) { return take_note(std::move(arrival)); }),
                   asio::bind_cancellation_slot(cancellation.slot(), [this](std::exception_ptr error) {
                     failure = std::move(error);
                     ended = true;
                   }));
  }
  explicit RunningInbox(const TemporaryFolder& folder) : RunningInbox(rules_for(folder.path())) {}
  RunningInbox(const RunningInbox&) = delete;
  RunningInbox& operator=(const RunningInbox&) = delete;
  ~RunningInbox() {
    inbox.stop();
    EXPECT_TRUE(wait([this] { return ended; }));
    pool_.join();
  }

  /// Runs the loop until `what` holds. False when it does not come to that within the limit.
  bool wait(const std::function<bool()>& what, std::chrono::seconds limit = 60s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!what()) {
      if (std::chrono::steady_clock::now() > end) return false;
      loop.restart();
      loop.run_one_for(20ms);
    }
    return true;
  }

  bool wait_for(const std::string& name, std::ptrdiff_t times = 1) {
    return wait([&] { return std::ranges::count(arrivals, name, &Arrival::name) >= times; });
  }

  /// Waits until everything that happened before this call must have been noticed and settled: a file made
  /// now has arrived.
  bool wait_for_all_before() {
    const auto name = "marker-" + std::to_string(++markers_);
    write_file(inbox.rules().path / name, "marker");
    const bool arrived = wait_for(name);
    std::erase_if(arrivals, [&](const Arrival& arrival) { return arrival.name == name; });
    return arrived;
  }

  bool wait_for_scan() {
    const auto scans = inbox.statistics().scans;
    inbox.rescan();
    return wait([&] { return inbox.statistics().scans > scans; });
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& arrival : arrivals) names.push_back(arrival.name);
    return names;
  }

  asio::io_context loop;

 private:
  awaitable<Reception> take_note(Arrival arrival) {
    const auto reception = answer(arrival);
    arrivals.push_back(std::move(arrival));
    co_return reception;
  }

  asio::thread_pool pool_{2};
  int markers_ = 0;

 public:
  Inbox inbox;
  std::function<Reception(const Arrival&)> answer = [](const Arrival&) { return Reception::in_hand; };
  std::vector<Arrival> arrivals;
  asio::cancellation_signal cancellation;
  bool ended = false;
  std::exception_ptr failure;
};

}  // namespace chunkrd::inbox
