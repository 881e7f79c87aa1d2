#pragma once

#include <curl/curl.h>

#include <array>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/async.h"
#include "http/pace.h"
#include "http/proxy.h"
#include "http/request.h"
#include "http/response.h"

namespace chunkrd::http {

/// Told by an Easy while libcurl works on it, and asked about its connection.
class Progress {
 public:
  virtual ~Progress() = default;

  /// So many more bytes of the request's body were handed over.
  virtual void on_body_sent(std::size_t bytes) noexcept = 0;

  /// What the kernel took of the request but has not sent yet, or had not when the connection was closed.
  virtual std::size_t unsent_bytes() const noexcept = 0;
};

/// One request as libcurl sees it: an easy handle, its options and its callbacks. Not movable.
///
/// libcurl sends a request again by itself when a kept connection turns out to be dead. We let it, but
/// never after the last byte of a body was handed over: the service may have taken that request, and
/// sending a create twice is paying twice.
class Easy {
 public:
  /// By way of `proxy`, if there is one. `request` and `progress` must outlive this. Throws std::bad_alloc.
  Easy(Request& request, const std::optional<std::filesystem::path>& ca_file, std::optional<Proxy> proxy,
       Progress& progress);
  Easy(const Easy&) = delete;
  Easy& operator=(const Easy&) = delete;

  CURL* handle() const noexcept { return handle_.get(); }

  /// Gets the files of the request ready: `more` is called on `loop` when one of them, that was waited for,
  /// has gone on.
  void begin_files(const Executor& loop, const std::function<void()>& more);

  /// Gives them up: nothing is read or written any more, and whoever hangs in one of them is left alone.
  void let_files_go() noexcept;

  /// May libcurl begin?
  bool is_ready() noexcept;

  /// Lets libcurl go on where it stood still for a file. Not from one of its callbacks. What it returns is
  /// the end of the transfer, unless it is CURLE_OK.
  CURLcode go_on() noexcept;

  /// libcurl has ended, well: true when nothing is to be written any more, and a file that was written to is
  /// closed. Until then it is to be asked again each time that files have gone on.
  bool is_kept();

  /// Something went wrong with a file, or the body's has not answered for too long: the transfer is to be
  /// ended, and has this as its error.
  bool files_fail(OffLoop::Clock::time_point now);

  /// What came of it. Called once, after libcurl is done with the handle.
  Result result(CURLcode code);

  /// The error for a transfer that we end ourselves.
  TransportError ended_by_us(TransportError::Cause cause, const std::string& why) const;

  /// How far it has come. Only while libcurl works on it.
  Pace::Seen seen() const noexcept;

  /// Where a redirect points to, absolute; empty if this is none.
  std::string redirect_url() const;

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_up_connection(const std::optional<std::filesystem::path>& ca_file);
  void set_up_proxy();
  void set_up_method();
  void set_up_headers();
  void set_up_callbacks();

  static int on_begin(Easy* self, char*, char*, int, int) noexcept;
  static std::size_t on_read(char* into, std::size_t size, std::size_t count, Easy* self) noexcept;
  static int on_seek(Easy* self, curl_off_t offset, int origin) noexcept;
  static std::size_t on_header(const char* bytes, std::size_t size, std::size_t count, Easy* self) noexcept;
  static std::size_t on_write(const char* bytes, std::size_t size, std::size_t count, Easy* self) noexcept;

  std::size_t keep(std::string_view bytes);
  std::size_t keep_in_file(std::string_view bytes, const IntoFile& sink);
  IntoFile* file() noexcept;
  const IntoFile* file() const noexcept;
  std::optional<FileTrouble> trouble(OffLoop::Clock::time_point now) const;
  bool was_held_for_long() const;
  std::size_t pause(std::size_t how) noexcept;
  bool within(std::uint64_t limit_bytes);
  bool keep_text(std::string_view bytes, const IntoText& sink);
  bool keep_error_text(std::string_view bytes);

  Response response() const;
  std::optional<std::chrono::seconds> retry_after(const std::optional<WallTime>& date) const;
  Traffic traffic() const;
  bool request_whole() const noexcept;
  std::string header(const char* name) const;
  long status() const noexcept;

  struct CloseHandle {
    void operator()(CURL* handle) const noexcept { curl_easy_cleanup(handle); }
  };
  struct FreeHeaders {
    void operator()(curl_slist* list) const noexcept { curl_slist_free_all(list); }
  };

  /// Why one of our own callbacks ended the transfer.
  struct OwnError {
    TransportError::Cause cause;
    std::string message;
    std::error_code local = {};
  };

  bool is_bomb() const noexcept;
  static OwnError bomb();

  Request& request_;
  Progress& progress_;
  const std::optional<Proxy> proxy_;
  std::unique_ptr<curl_slist, FreeHeaders> headers_;  ///< must outlive the handle
  std::unique_ptr<CURL, CloseHandle> handle_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  bool begun_ = false;          ///< a connection was usable: request bytes may have left since
  bool head_complete_ = false;  ///< libcurl calls an answer that ends inside its head a success
  bool was_whole_ = false;      ///< libcurl wanted to send a body again of which it had taken the last byte
  bool enough_ = false;         ///< the answer went on and on; what matters of it is kept
  bool paused_ = false;         ///< libcurl was told to wait for a file
  bool held_long_ = false;      ///< so long that the other side may have given up
  bool finishing_ = false;      ///< all of the answer was given to its file
  std::uint64_t pauses_ = 0;    ///< so far
  OffLoop::Clock::time_point paused_at_;  ///< last
  std::uint64_t body_sent_ = 0;
  std::uint64_t body_received_ = 0;  ///< decoded
  std::size_t head_received_ = 0;
  std::string body_;
  std::optional<OwnError> own_error_;
};

}  // namespace chunkrd::http
