#include "http/multi.h"

#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <new>
#include <span>
#include <system_error>

namespace chunkrd::http {
namespace {

constexpr std::size_t kEventsAtOnce = 64;

// Sockets that cannot be watched are looked at this often.
constexpr std::chrono::milliseconds kAskAfter{20};
static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT);

// The kernel takes no more than this beyond what the other side has room for: the less of a request lies here
// unsent, the better is known how much of it has left. Megabytes otherwise, and whole documents in them.
constexpr int kUnsentAtMost = 256 << 10;

bool is_tcp(curl_socket_t socket) {
  int protocol = 0;
  socklen_t size = sizeof protocol;
  return ::getsockopt(socket, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) == 0 && protocol == IPPROTO_TCP;
}

// Also of a connection that the other side has reset.
std::size_t unsent_in(curl_socket_t socket) noexcept {
  int unsent = 0;
  return ::ioctl(socket, SIOCOUTQNSD, &unsent) == 0 ? static_cast<std::size_t>(std::max(0, unsent)) : 0;
}

int new_epoll_set() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  return fd;
}

/// libcurl's process-wide part, set up by the first Multi and kept.
CURLM* new_multi() {
  static const CURLcode ready = [] {
    // With CURLOPT_NOSIGNAL libcurl leaves SIGPIPE to us, and OpenSSL writes with write(2).
    std::signal(SIGPIPE, SIG_IGN);
    return curl_global_init(CURL_GLOBAL_DEFAULT);
  }();
  if (ready != CURLE_OK) throw std::runtime_error("libcurl could not be set up");
  CURLM* const multi = curl_multi_init();
  if (multi == nullptr) throw std::bad_alloc();
  return multi;
}

}  // namespace

Multi::Multi(Executor loop, long kept_connections)
    : sockets_(loop, new_epoll_set()), timer_(loop), asking_timer_(loop), multi_(new_multi()) {
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Multi::on_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Multi::on_timeout);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, kept_connections);
  curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
}

Multi::~Multi() {
  *self_ = nullptr;
  curl_multi_cleanup(multi_);
}

void Multi::add(CURL* easy, EndListener& listener) {
  curl_easy_setopt(easy, CURLOPT_PRIVATE, &listener);
  prepare(easy);
  ++running_;
  wait_for_sockets();
  if (curl_multi_add_handle(multi_, easy) != CURLM_OK) {
    --running_;
    throw std::bad_alloc();
  }
}

void Multi::remove(CURL* easy) noexcept {
  curl_multi_remove_handle(multi_, easy);
  if (--running_ > 0) return;
  boost::system::error_code ignored;
  sockets_.cancel(ignored);
  timer_.cancel();
  asking_timer_.cancel();
}

int Multi::on_socket(CURL* easy, curl_socket_t socket, int what, Multi* self, void*) noexcept {
  self->watch(socket, what);
  EndListener* listener = nullptr;
  // libcurl also watches sockets of its own, to be woken by the thread that looks up a name.
  if (what != CURL_POLL_REMOVE && is_tcp(socket) &&
      curl_easy_getinfo(easy, CURLINFO_PRIVATE, &listener) == CURLE_OK && listener != nullptr)
    listener->on_connection(socket);
  return 0;
}

void Multi::prepare(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, &Multi::on_open);
  curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &unsent_when_closed_);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Multi::on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &unsent_when_closed_);
}

int Multi::on_open(void* unsent, curl_socket_t socket, curlsocktype) noexcept {
  static_cast<Unsent*>(unsent)->erase(socket);
  ::setsockopt(socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &kUnsentAtMost, sizeof kUnsentAtMost);
  return CURL_SOCKOPT_OK;
}

int Multi::on_close(void* unsent, curl_socket_t socket) noexcept {
  // Nothing, too: from here on the number may be anybody's.
  static_cast<Unsent*>(unsent)->insert_or_assign(socket, unsent_in(socket));
  return ::close(socket);
}

std::size_t Multi::unsent_bytes(curl_socket_t socket) const noexcept {
  const auto closed = unsent_when_closed_.find(socket);
  return closed == unsent_when_closed_.end() ? unsent_in(socket) : closed->second;
}

int Multi::on_timeout(CURLM*, long timeout_ms, Multi* self) noexcept {
  self->wait_for_timeout(timeout_ms);
  return 0;
}

void Multi::watch(curl_socket_t socket, int what) noexcept {
  unwatched_.erase(socket);
  if (what == CURL_POLL_REMOVE) {
    // It may be closed, and so gone from the set, already.
    ::epoll_ctl(sockets_.native_handle(), EPOLL_CTL_DEL, socket, nullptr);
  } else if (!put_into_set(socket, what)) {
    unwatched_.emplace(socket, what);
    ask_after_unwatched();
  }
}

bool Multi::put_into_set(curl_socket_t socket, int what) noexcept {
  const int set = sockets_.native_handle();
  epoll_event event{};
  event.events = ((what & CURL_POLL_IN) != 0 ? EPOLLIN : 0u) | ((what & CURL_POLL_OUT) != 0 ? EPOLLOUT : 0u);
  event.data.fd = socket;
  if (::epoll_ctl(set, EPOLL_CTL_MOD, socket, &event) == 0) return true;
  return errno == ENOENT && ::epoll_ctl(set, EPOLL_CTL_ADD, socket, &event) == 0;
}

// No transfer may wait for what nobody would tell it. libcurl is told that they are ready: it looks itself.
void Multi::ask_after_unwatched() {
  if (asking_) return;
  asking_ = true;
  asking_timer_.expires_after(kAskAfter);
  asking_timer_.async_wait([self = self_](const boost::system::error_code& cancelled) {
    if (*self == nullptr) return;
    Multi& multi = **self;
    multi.asking_ = false;
    if (cancelled) return;
    for (const auto& [socket, what] : std::map(multi.unwatched_)) {
      if (!multi.unwatched_.contains(socket)) continue;  // closed, as an earlier one was told
      if (multi.put_into_set(socket, what)) multi.unwatched_.erase(socket);
      int still_running = 0;
      curl_multi_socket_action(multi.multi_, socket, what, &still_running);
    }
    multi.report_ends();
    if (!multi.unwatched_.empty()) multi.ask_after_unwatched();
  });
}

void Multi::wait_for_sockets() {
  if (waiting_) return;
  waiting_ = true;
  sockets_.async_wait(asio::posix::stream_descriptor::wait_read,
                      [self = self_](const boost::system::error_code&) {
                        if (*self == nullptr) return;
                        (*self)->waiting_ = false;
                        if ((*self)->running_ > 0) (*self)->work_on_sockets();
                      });
}

void Multi::work_on_sockets() {
  std::array<epoll_event, kEventsAtOnce> events;
  const int count = ::epoll_wait(sockets_.native_handle(), events.data(), kEventsAtOnce, 0);
  for (const epoll_event& event : std::span(events).first(static_cast<std::size_t>(std::max(0, count)))) {
    int what = 0, still_running = 0;
    if ((event.events & EPOLLIN) != 0) what |= CURL_CSELECT_IN;
    if ((event.events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
    if ((event.events & (EPOLLERR | EPOLLHUP)) != 0) what |= CURL_CSELECT_ERR;
    curl_multi_socket_action(multi_, event.data.fd, what, &still_running);
  }
  report_ends();
  wait_for_sockets();
}

void Multi::wait_for_timeout(long timeout_ms) {
  timer_.cancel();
  if (timeout_ms < 0) return;
  if (timeout_ms > 0) {
    timer_.expires_after(std::chrono::milliseconds(timeout_ms));
    timer_.async_wait([self = self_](const boost::system::error_code& cancelled) {
      if (*self != nullptr && !cancelled) (*self)->work_on_timeout();
    });
    return;
  }
  if (kick_posted_) return;
  kick_posted_ = true;
  asio::post(timer_.get_executor(), [self = self_] {
    if (*self == nullptr) return;
    (*self)->kick_posted_ = false;
    (*self)->work_on_timeout();
  });
}

void Multi::work_on_timeout() {
  int still_running = 0;
  curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &still_running);
  report_ends();
}

void Multi::report_ends() noexcept {
  int left = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    EndListener* listener = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &listener);
    listener->on_end(message->data.result);
  }
}

}  // namespace chunkrd::http
