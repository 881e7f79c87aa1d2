#include "queue/queue.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <deque>
#include <exception>
#include <iterator>
#include <utility>

namespace chunkrd::queue {
namespace {

// A transaction of this many rows takes about 2 ms; more per commit gains little
// (research/performance.md, SQLite queue).
constexpr std::size_t kBatchMax = 512;

// While the store cannot be used it is tried so often.
constexpr std::chrono::milliseconds kTryAgain{500};

// A change on its way to the disk, and what became of it.
struct Ticket {
  explicit Ticket(Change its_change) : change(std::move(its_change)) {}

  Change change;
  bool settled = false;
  bool applied = false;
  std::exception_ptr failure;
  asio::steady_timer* waiter = nullptr;  // in the frame of the coroutine that waits; null when it is gone

  void settle() {
    settled = true;
    if (waiter != nullptr) waiter->cancel();
  }
};

using Tickets = std::vector<std::shared_ptr<Ticket>>;

// Holds a coroutine until its ticket is settled. The timer lies in the coroutine's frame and belongs to the
// event loop: a loop that is destroyed (a simulated crash) takes the coroutine with it, and the ticket,
// which may live longer, is told.
class Waiter {
 public:
  Waiter(const Executor& executor, Ticket& ticket)
      : timer_(executor, asio::steady_timer::time_point::max()), ticket_(ticket) {
    ticket_.waiter = &timer_;
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { ticket_.waiter = nullptr; }

  asio::steady_timer& timer() { return timer_; }

 private:
  asio::steady_timer timer_;
  Ticket& ticket_;
};

}  // namespace

// Lives as long as any coroutine that uses it. All members belong to the event loop; the writer's executor
// sees only the Store and what is moved to it.
struct Queue::Writer {
  Writer(Store& its_store, Executor its_executor, const Clock& its_clock)
      : store(its_store), executor(std::move(its_executor)), clock(its_clock) {}

  Store& store;
  Executor executor;
  const Clock& clock;
  std::deque<std::shared_ptr<Ticket>> pending;
  bool writing = false;
  std::optional<Trouble> trouble;
  std::size_t refused = 0;  ///< who waits until it is over: others may read what cannot be written
  std::function<void()> on_trouble = [] {};
  bool patient = true;
  std::exception_ptr failure;
  std::function<void(const Commit&)> on_commit;

  // The first failure is the one that everybody gets to see.
  void fail(std::exception_ptr error) {
    if (!failure) failure = std::move(error);
    for (const auto& ticket : std::exchange(pending, {})) {
      ticket->failure = failure;
      ticket->settle();
    }
  }

  void throw_if_failed() const {
    if (failure) std::rethrow_exception(failure);
  }

  Tickets take_batch() {
    const auto end =
        std::next(pending.begin(), static_cast<std::ptrdiff_t>(std::min(kBatchMax, pending.size())));
    Tickets batch(std::move_iterator(pending.begin()), std::move_iterator(end));
    pending.erase(pending.begin(), end);
    return batch;
  }

  // Somebody whom the store has refused, and who waits.
  class Refused {
   public:
    explicit Refused(Writer& writer) : writer_(writer) { ++writer_.refused; }
    Refused(const Refused&) = delete;
    Refused& operator=(const Refused&) = delete;
    ~Refused() { --writer_.refused; }

   private:
    Writer& writer_;
  };

  // Everything that runs on the Store goes through here. What cannot be done now (the disk is full, another
  // program holds it locked) is done later: whoever waits for it waits on, and nothing is lost.
  template <class Work>
  static awaitable<std::invoke_result_t<Work&, Store&>> on_store(std::shared_ptr<Writer> writer, Work work) {
    writer->throw_if_failed();
    const auto shared = std::make_shared<Work>(std::move(work));
    std::exception_ptr error;
    std::optional<Refused> refused;
    while (!error) {
      std::optional<StoreUnavailable> unavailable;
      try {
        if constexpr (std::is_void_v<std::invoke_result_t<Work&, Store&>>) {
          co_await run_on(writer->executor, [&store = writer->store, shared] { (*shared)(store); });
          writer->went_through(refused);
          co_return;
        } else {
          auto result = co_await run_on(writer->executor,
                                        [&store = writer->store, shared] { return (*shared)(store); });
          writer->went_through(refused);
          co_return std::move(result);
        }
      } catch (const StoreUnavailable& refusal) {
        unavailable = refusal;
        if (!writer->patient) error = std::current_exception();
      } catch (...) {
        error = std::current_exception();
      }
      if (error) break;
      if (!refused) refused.emplace(*writer);
      co_await wait_for_store(writer, *unavailable);
    }
    writer->fail(std::move(error));
    std::rethrow_exception(writer->failure);
  }

  void went_through(std::optional<Refused>& waited) {
    if (!waited) return;
    waited.reset();
    if (refused == 0 && std::exchange(trouble, std::nullopt)) on_trouble();
  }

  // Until it is tried again. Not cancellable, as the whole of it is not.
  static awaitable<void> wait_for_store(std::shared_ptr<Writer> writer, StoreUnavailable unavailable) {
    const bool is_new = !writer->trouble;
    const WallTime since = is_new ? writer->clock.now() : writer->trouble->since;
    writer->trouble = Trouble{unavailable.cause(), unavailable.what(), since};
    if (is_new) writer->on_trouble();
    asio::steady_timer timer(co_await asio::this_coro::executor, kTryAgain);
    boost::system::error_code ignored;
    co_await timer.async_wait(asio::bind_cancellation_slot(
        asio::cancellation_slot(), asio::redirect_error(asio::use_awaitable, ignored)));
  }

  static awaitable<void> write_batch(std::shared_ptr<Writer> writer) {
    const Tickets batch = writer->take_batch();
    std::vector<bool> applied;
    const auto began = std::chrono::steady_clock::now();
    std::exception_ptr error;
    try {
      std::vector<Change> changes;
      changes.reserve(batch.size());
      for (const auto& ticket : batch) changes.push_back(std::move(ticket->change));
      applied = co_await on_store(writer, [list = std::move(changes), now = writer->clock.mark()](
                                              Store& store) { return store.apply(list, now); });
    } catch (...) {
      error = std::current_exception();
    }
    if (error) writer->fail(std::move(error));
    for (std::size_t i = 0; i < batch.size(); ++i) {
      if (applied.empty()) batch[i]->failure = writer->failure;
      batch[i]->applied = i < applied.size() && applied[i];
      batch[i]->settle();
    }
    writer->tell(applied, began);
  }

  void tell(const std::vector<bool>& applied, std::chrono::steady_clock::time_point began) const {
    if (!on_commit || applied.empty()) return;
    on_commit({.changes = applied.size(),
               .refused = static_cast<std::size_t>(std::ranges::count(applied, false)),
               .took = std::chrono::steady_clock::now() - began});
  }

  // Runs while there is something to write. What arrives during a commit waits in `pending` and goes, all
  // of it, into the next one.
  static awaitable<void> write_all(std::shared_ptr<Writer> writer) {
    while (!writer->pending.empty()) co_await write_batch(writer);
    writer->writing = false;
  }

  static awaitable<bool> apply(std::shared_ptr<Writer> writer, Change change) {
    writer->throw_if_failed();
    const Executor executor = co_await asio::this_coro::executor;
    const auto ticket = std::make_shared<Ticket>(std::move(change));
    Waiter waiter(executor, *ticket);
    writer->pending.push_back(ticket);
    // What it throws, nobody waits for: who waits for a commit shall hear of it.
    if (!std::exchange(writer->writing, true))
      asio::co_spawn(executor, write_all(writer), [writer](std::exception_ptr error) {
        if (error) writer->fail(std::move(error));
      });
    while (!ticket->settled) {
      boost::system::error_code ignored;
      // Not cancellable: nobody would know whether the change has become durable.
      co_await waiter.timer().async_wait(asio::bind_cancellation_slot(
          asio::cancellation_slot(), asio::redirect_error(asio::use_awaitable, ignored)));
    }
    if (ticket->failure) std::rethrow_exception(ticket->failure);
    co_return ticket->applied;
  }
};

Queue::Queue(Store& store, Executor writer, const Clock& clock)
    : writer_(std::make_shared<Writer>(store, std::move(writer), clock)) {}

Queue::~Queue() = default;

awaitable<bool> Queue::apply(Change change) {
  return Writer::apply(writer_, std::move(change));
}

awaitable<std::vector<bool>> Queue::apply_together(std::vector<Change> changes) {
  const auto writer = writer_;
  const auto began = std::chrono::steady_clock::now();
  auto applied = co_await Writer::on_store(writer, [changes = std::move(changes), now = writer->clock.mark()](
                                                       Store& store) { return store.apply(changes, now); });
  writer->tell(applied, began);
  co_return applied;
}

void Queue::on_commit(std::function<void(const Commit&)> tell) {
  writer_->on_commit = std::move(tell);
}

const std::optional<Queue::Trouble>& Queue::trouble() const {
  return writer_->trouble;
}

void Queue::on_trouble(std::function<void()> tell) {
  writer_->on_trouble = std::move(tell);
}

void Queue::wait_no_longer() {
  writer_->patient = false;
}

std::size_t Queue::waiting() const {
  return writer_->pending.size();
}

awaitable<std::vector<Job>> Queue::due(State state, WallTime now, std::size_t limit, Held held) {
  return Writer::on_store(writer_, [state, now, limit, held = std::move(held)](Store& store) {
    return store.due(state, now, limit, held);
  });
}

awaitable<std::map<std::string, std::vector<Job>>> Queue::ready_by_profile(WallTime now, std::size_t limit,
                                                                           Held held) {
  return Writer::on_store(writer_, [now, limit, held = std::move(held)](Store& store) {
    return store.ready_by_profile(now, limit, held);
  });
}

awaitable<std::vector<std::string>> Queue::inboxes() {
  return Writer::on_store(writer_, [](Store& store) { return store.inboxes(); });
}

awaitable<std::vector<Job>> Queue::list(Filter filter, std::string before, std::size_t limit) {
  return Writer::on_store(writer_, [filter = std::move(filter), before = std::move(before),
                                    limit](Store& store) { return store.list(filter, before, limit); });
}

awaitable<std::optional<WallTime>> Queue::next_due(State state, WallTime after) {
  return Writer::on_store(writer_, [=](Store& store) { return store.next_due(state, after); });
}

awaitable<Standing> Queue::standing_of(std::string inbox, std::string name, std::string identity) {
  return Writer::on_store(writer_,
                          [inbox = std::move(inbox), name = std::move(name), identity = std::move(identity)](
                              Store& store) { return store.standing_of(inbox, name, identity); });
}

awaitable<StateCounts> Queue::counts() {
  return Writer::on_store(writer_, [](Store& store) { return store.counts(); });
}

awaitable<std::optional<WallTime>> Queue::oldest_unfinished() {
  return Writer::on_store(writer_, [](Store& store) { return store.oldest_unfinished(); });
}

awaitable<OldestByState> Queue::oldest_by_state() {
  return Writer::on_store(writer_, [](Store& store) { return store.oldest_by_state(); });
}

awaitable<std::vector<Job>> Queue::latest_in(State state, std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.latest_in(state, limit); });
}

awaitable<std::optional<Job>> Queue::find(std::string id) {
  return Writer::on_store(writer_, [id = std::move(id)](Store& store) { return store.find(id); });
}

awaitable<std::vector<std::string>> Queue::profiles() {
  return Writer::on_store(writer_, [](Store& store) { return store.profiles(); });
}

awaitable<std::vector<Job>> Queue::delivered_like(std::string sha256, std::string settings_hash,
                                                  std::size_t limit) {
  return Writer::on_store(
      writer_, [sha256 = std::move(sha256), settings_hash = std::move(settings_hash), limit](Store& store) {
        return store.delivered_like(sha256, settings_hash, limit);
      });
}

awaitable<bool> Queue::is_claimed_by_another(Job job, std::string shelf, std::string name) {
  return Writer::on_store(
      writer_, [job = std::move(job), shelf = std::move(shelf), name = std::move(name)](Store& store) {
        return store.is_claimed_by_another(job, shelf, name);
      });
}

awaitable<std::optional<Job>> Queue::delivered_as(std::string inbox, std::string name, std::string id) {
  return Writer::on_store(writer_, [inbox = std::move(inbox), name = std::move(name), id = std::move(id)](
                                       Store& store) { return store.delivered_as(inbox, name, id); });
}

awaitable<bool> Queue::link_has_task(std::string task_id) {
  return Writer::on_store(
      writer_, [task_id = std::move(task_id)](Store& store) { return store.link_has_task(task_id); });
}

awaitable<std::vector<Job>> Queue::links_in_doubt(WallTime from, WallTime to) {
  return Writer::on_store(writer_, [=](Store& store) { return store.links_in_doubt(from, to); });
}

awaitable<Spent> Queue::spent_on(WallTime moment) {
  return Writer::on_store(writer_, [=](Store& store) { return store.spent_on(moment); });
}

awaitable<std::vector<Ended>> Queue::ended(Endings which, EndMark after, std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.ended(which, after, limit); });
}

awaitable<std::int64_t> Queue::archived() {
  return Writer::on_store(writer_, [](Store& store) { return store.archived(); });
}

awaitable<std::vector<Forgotten>> Queue::forgotten(std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.forgotten(limit); });
}

awaitable<void> Queue::nothing_left(std::vector<Forgotten> documents) {
  return Writer::on_store(
      writer_, [documents = std::move(documents)](Store& store) { store.nothing_left(documents); });
}

awaitable<std::size_t> Queue::forget_commands(WallTime before, std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.forget_commands(before, limit); });
}

awaitable<std::size_t> Queue::forget_spending(WallTime before) {
  return Writer::on_store(writer_, [=](Store& store) { return store.forget_spending(before); });
}

awaitable<std::vector<StoredEvent>> Queue::events(std::string id) {
  return Writer::on_store(writer_, [id = std::move(id)](Store& store) { return store.events(id); });
}

awaitable<std::vector<Ending>> Queue::endings(std::int64_t after, std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.endings(after, limit); });
}

awaitable<std::int64_t> Queue::newest_ending() {
  return Writer::on_store(writer_, [](Store& store) { return store.newest_ending(); });
}

awaitable<std::size_t> Queue::forget_endings(std::optional<WallTime> before, std::int64_t keep,
                                             std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.forget_endings(before, keep, limit); });
}

awaitable<std::optional<std::int64_t>> Queue::announced() {
  return Writer::on_store(writer_, [](Store& store) { return store.announced(); });
}

awaitable<std::vector<Notification>> Queue::notifications(std::string hook, WallTime now, std::size_t limit) {
  return Writer::on_store(writer_, [hook = std::move(hook), now, limit](Store& store) {
    return store.notifications(hook, now, limit);
  });
}

awaitable<std::optional<WallTime>> Queue::next_notification(std::string hook, WallTime after) {
  return Writer::on_store(writer_, [hook = std::move(hook), after](Store& store) {
    return store.next_notification(hook, after);
  });
}

awaitable<std::size_t> Queue::give_up_notifications(std::string hook, WallTime since, std::size_t limit) {
  return Writer::on_store(writer_, [hook = std::move(hook), since, limit](Store& store) {
    return store.give_up_notifications(hook, since, limit);
  });
}

awaitable<std::vector<HookStanding>> Queue::hooks() {
  return Writer::on_store(writer_, [](Store& store) { return store.hooks(); });
}

awaitable<std::string> Queue::queue_id() {
  return Writer::on_store(writer_, [](Store& store) { return store.queue_id(); });
}

awaitable<std::vector<Command>> Queue::pending_commands(std::size_t limit) {
  return Writer::on_store(writer_, [=](Store& store) { return store.pending_commands(limit); });
}

awaitable<std::optional<std::string>> Queue::note(std::string key) {
  return Writer::on_store(writer_, [key = std::move(key)](Store& store) { return store.note(key); });
}

awaitable<void> Queue::set_note(std::string key, std::string value) {
  return Writer::on_store(writer_, [key = std::move(key), value = std::move(value)](Store& store) {
    store.set_note(key, value);
  });
}

}  // namespace chunkrd::queue
