#include "http/easy.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <ctime>
#include <new>
#include <system_error>
#include <utility>

#include "core/errors.h"
#include "core/fd.h"
#include "core/quotation.h"
#include "http/failure.h"
#include "http/origin.h"

namespace chunkrd::http {
namespace {

// Measured: 16 KiB halves the speed of uploads, 2 MiB is slower again (research/performance.md).
constexpr long kTransferBuffer = 256L << 10;

// What is unpacked of one read stands in memory while its file is waited for, up to libcurl's 64 MiB: gzip
// makes no more than half of that of so much.
constexpr long kFileBuffer = 32L << 10;

// An error page is read so far for the sake of the connection, then the connection is given up.
constexpr std::uint64_t kErrorBodyLimit = 1u << 20;

// Why there can be no more sockets here. libcurl calls that a host that cannot be resolved or reached, which
// is said of the other side.
std::error_code socket_shortage() noexcept {
  const FileDescriptor another(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const std::error_code error(another ? 0 : errno, std::generic_category());
  return is_shortage(error) ? error : std::error_code();
}

const char* name_of(Method method) noexcept {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
  }
  return "";
}

// Far beyond any honest head: 100 headers of 8 KiB are not.
constexpr std::size_t kHeadLimit = std::size_t{512} << 10;

// Content that is packed more tightly than this is there to fill a disk. JSON with much the same in it comes
// to some fifty.
constexpr std::uint64_t kUnpackedAtMost = 200;
constexpr std::uint64_t kUnpackedAnyway = std::uint64_t{64} << 20;

// Of headers that are shown to people.
constexpr std::size_t kHeaderKept = 200;

std::string cut(std::string text, std::size_t bytes_max) {
  if (text.size() > bytes_max) text.resize(bytes_max);
  return text;
}

}  // namespace

Easy::Easy(Request& request, const std::optional<std::filesystem::path>& ca_file, std::optional<Proxy> proxy,
           Progress& progress)
    : request_(request), progress_(progress), proxy_(std::move(proxy)), handle_(curl_easy_init()) {
  if (!handle_) throw std::bad_alloc();
  set_up_connection(ca_file);
  set_up_proxy();
  set_up_method();
  set_up_headers();
  set_up_callbacks();
}

// Options are ours and fixed, so the only way to fail is a lack of memory.
template <class Value>
void Easy::set(CURLoption option, Value value) {
  if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK) throw std::bad_alloc();
}

void Easy::set_up_connection(const std::optional<std::filesystem::path>& ca_file) {
  set(CURLOPT_URL, request_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_ERRORBUFFER, error_text_.data());
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_QUICK_EXIT, 1L);  // a name server that hangs is not waited for on the event loop
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(request_.timeouts.connect.count()));
  set(CURLOPT_TCP_KEEPALIVE, 1L);
  // Plain content is asked for; where a storage or a proxy packs it all the same, it is unpacked.
  set(CURLOPT_ACCEPT_ENCODING, "identity");
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  // One document a connection: a lost connection loses one answer. HTTP/2 costs 1.2 to 1.6 times the CPU
  // for uploads, and without TLS it is broken in Debian 12 (research/performance.md).
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  if (ca_file) {
    set(CURLOPT_CAINFO, ca_file->c_str());
    set(CURLOPT_CAPATH, static_cast<char*>(nullptr));  // this file instead of, not besides, the system's
  }
}

// libcurl shall not look into the environment itself: who is asked, and why, is known here and can be told.
void Easy::set_up_proxy() {
  set(CURLOPT_PROXY, proxy_ ? proxy_->url.c_str() : "");
  set(CURLOPT_NOPROXY, "");
}

void Easy::set_up_method() {
  switch (request_.method) {
    case Method::get:
      set(CURLOPT_HTTPGET, 1L);
      break;
    case Method::head:
      set(CURLOPT_NOBODY, 1L);
      break;
    case Method::patch:
    case Method::post:
      set(CURLOPT_POST, 1L);
      break;
    case Method::del:
      break;
  }
  if (request_.method != Method::get) set(CURLOPT_CUSTOMREQUEST, name_of(request_.method));
  if (request_.body) {
    const auto size = static_cast<curl_off_t>(request_.body->size_bytes());
    set(CURLOPT_POSTFIELDSIZE_LARGE, size);
    if (size > kTransferBuffer / 4) set(CURLOPT_UPLOAD_BUFFERSIZE, kTransferBuffer);
  }
  if (file() != nullptr) set(CURLOPT_BUFFERSIZE, kFileBuffer);
}

void Easy::set_up_headers() {
  const auto add = [this](const std::string& line) {
    curl_slist* const longer = curl_slist_append(headers_.get(), line.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  for (const Header& header : request_.headers) add(header.name + ": " + header.value);
  // A server that ignores "Expect: 100-continue" would cost a second for each large document.
  add("Expect:");
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void Easy::set_up_callbacks() {
  set(CURLOPT_PREREQFUNCTION, &Easy::on_begin);
  set(CURLOPT_PREREQDATA, this);
  set(CURLOPT_HEADERFUNCTION, &Easy::on_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &Easy::on_write);
  set(CURLOPT_WRITEDATA, this);
  if (!request_.body) return;
  set(CURLOPT_READFUNCTION, &Easy::on_read);
  set(CURLOPT_READDATA, this);
  set(CURLOPT_SEEKFUNCTION, &Easy::on_seek);
  set(CURLOPT_SEEKDATA, this);
}

int Easy::on_begin(Easy* self, char*, char*, int, int) noexcept {
  self->begun_ = true;
  return CURL_PREREQFUNC_OK;
}

std::size_t Easy::on_read(char* into, std::size_t size, std::size_t count, Easy* self) noexcept {
  if (self->own_error_) return CURL_READFUNC_ABORT;
  try {
    const Body::Taken taken = self->request_.body->take({into, size * count});
    if (std::holds_alternative<NotYet>(taken)) return self->pause(CURL_READFUNC_PAUSE);
    if (const auto* trouble = std::get_if<FileTrouble>(&taken)) {
      self->own_error_ = OwnError{TransportError::Cause::local, trouble->message, trouble->code};
      return CURL_READFUNC_ABORT;
    }
    const std::size_t read = std::get<std::size_t>(taken);
    self->body_sent_ += read;
    self->progress_.on_body_sent(read);
    return read;
  } catch (const std::exception& error) {
    self->own_error_ = OwnError{TransportError::Cause::local, error.what(), code_of(error)};
    return CURL_READFUNC_ABORT;
  }
}

int Easy::on_seek(Easy* self, curl_off_t offset, int origin) noexcept {
  Body& body = *self->request_.body;
  if (self->body_sent_ == body.size_bytes()) self->was_whole_ = true;  // its count begins anew
  if (offset != 0 || origin != SEEK_SET || self->was_whole_) return CURL_SEEKFUNC_FAIL;
  try {
    body.rewind();
  } catch (const std::exception& error) {
    self->own_error_ = OwnError{TransportError::Cause::local, error.what(), code_of(error)};
    return CURL_SEEKFUNC_FAIL;
  }
  self->body_sent_ = 0;
  return CURL_SEEKFUNC_OK;
}

std::size_t Easy::on_header(const char* bytes, std::size_t size, std::size_t count, Easy* self) noexcept {
  const std::string_view line(bytes, size * count);
  self->head_received_ += line.size();
  if (self->head_received_ > kHeadLimit) {
    self->own_error_ = OwnError{TransportError::Cause::too_large, "the answer's head does not end", {}};
    return 0;
  }
  if (line.starts_with("HTTP/")) self->head_complete_ = false;  // also after a 100 Continue
  if (line == "\r\n" || line == "\n") self->head_complete_ = true;
  return line.size();
}

std::size_t Easy::on_write(const char* bytes, std::size_t size, std::size_t count, Easy* self) noexcept {
  if (self->own_error_) return 0;
  try {
    return self->keep({bytes, size * count});
  } catch (const std::exception& error) {
    self->own_error_ = OwnError{TransportError::Cause::local, error.what(), code_of(error)};
    return 0;
  }
}

// What libcurl has to be told: how much was kept (all, or it ends), or to bring it again later.
std::size_t Easy::keep(std::string_view bytes) {
  const bool success = is_success(static_cast<int>(status()));
  if (const IntoFile* into = file(); into != nullptr && success) return keep_in_file(bytes, *into);
  body_received_ += bytes.size();
  bool kept = false;
  if (!success) {
    kept = keep_error_text(bytes);
  } else if (const auto* nothing = std::get_if<IntoNothing>(&request_.sink)) {
    enough_ = body_received_ > nothing->limit_bytes;
    kept = !enough_;
  } else {
    kept = keep_text(bytes, std::get<IntoText>(request_.sink));
  }
  return kept ? bytes.size() : 0;
}

bool Easy::is_bomb() const noexcept {
  if (body_received_ <= kUnpackedAnyway) return false;
  curl_off_t packed = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_DOWNLOAD_T, &packed);
  return body_received_ / kUnpackedAtMost > static_cast<std::uint64_t>(std::max<curl_off_t>(1, packed));
}

Easy::OwnError Easy::bomb() {
  return {TransportError::Cause::too_large,
          "the answer is more than " + std::to_string(kUnpackedAtMost) + " times its packed size"};
}

bool Easy::within(std::uint64_t limit_bytes) {
  if (is_bomb()) {
    own_error_ = bomb();
    return false;
  }
  if (body_received_ <= limit_bytes) return true;
  own_error_ = OwnError{TransportError::Cause::too_large,
                        "the answer is larger than " + std::to_string(limit_bytes) + " bytes"};
  return false;
}

bool Easy::keep_text(std::string_view bytes, const IntoText& sink) {
  if (!within(sink.limit_bytes)) return false;
  body_.append(bytes);
  return true;
}

std::size_t Easy::keep_in_file(std::string_view bytes, const IntoFile& sink) {
  if (!sink.file->put(bytes)) return pause(CURL_WRITEFUNC_PAUSE);
  body_received_ += bytes.size();
  return within(sink.limit_bytes) ? bytes.size() : 0;
}

IntoFile* Easy::file() noexcept {
  return std::get_if<IntoFile>(&request_.sink);
}

const IntoFile* Easy::file() const noexcept {
  return std::get_if<IntoFile>(&request_.sink);
}

std::size_t Easy::pause(std::size_t how) noexcept {
  if (!std::exchange(paused_, true)) paused_at_ = OffLoop::Clock::now();
  ++pauses_;
  return how;
}

void Easy::begin_files(const Executor& loop, const std::function<void()>& more) {
  if (request_.body) request_.body->begin(loop, more);
  if (IntoFile* into = file()) into->file->begin(loop, more);
}

bool Easy::is_ready() noexcept {
  const IntoFile* const into = file();
  return (!request_.body || request_.body->is_ready()) && (into == nullptr || into->file->is_ready());
}

void Easy::let_files_go() noexcept {
  if (request_.body) request_.body->let_go();
  if (IntoFile* into = file()) into->file->let_go();
}

bool Easy::was_held_for_long() const {
  return held_long_ || (paused_ && OffLoop::Clock::now() - paused_at_ >= request_.timeouts.file);
}

// A connection that has just died has nothing that could go on: the next one asks anew.
CURLcode Easy::go_on() noexcept {
  held_long_ = was_held_for_long();
  if (!std::exchange(paused_, false)) return CURLE_OK;
  const CURLcode code = curl_easy_pause(handle_.get(), CURLPAUSE_CONT);  // calls on_write()
  return code == CURLE_BAD_FUNCTION_ARGUMENT ? CURLE_OK : code;
}

bool Easy::is_kept() {
  IntoFile* const into = file();
  if (into == nullptr || !is_success(static_cast<int>(status()))) return true;
  if (!std::exchange(finishing_, true)) into->file->finish();
  return into->file->is_finished();
}

bool Easy::files_fail(OffLoop::Clock::time_point now) {
  if (own_error_) return true;
  if (const auto why = trouble(now))
    own_error_ = OwnError{TransportError::Cause::local, why->message, why->code};
  return own_error_.has_value();
}

std::optional<FileTrouble> Easy::trouble(OffLoop::Clock::time_point now) const {
  if (const IntoFile* const into = file(); into != nullptr && into->file->trouble())
    return into->file->trouble();
  if (!request_.body) return std::nullopt;
  if (auto trouble = request_.body->trouble()) return trouble;
  const auto since = request_.body->waits_since();
  const Duration patience = request_.timeouts.file;
  if (!since || now - *since < patience) return std::nullopt;
  return FileTrouble{
      request_.body->name() + " has not answered for " + std::to_string(patience.count()) + " ms",
      std::make_error_code(std::errc::timed_out)};
}

bool Easy::keep_error_text(std::string_view bytes) {
  body_.append(bytes.substr(0, kErrorTextLimit - std::min(kErrorTextLimit, body_.size())));
  enough_ = body_received_ > kErrorBodyLimit;
  return !enough_;
}

Result Easy::result(CURLcode code) {
  if (code == CURLE_OK && !head_complete_)
    return std::unexpected(ended_by_us(TransportError::Cause::cut, "the answer ends inside its head"));
  if (code == CURLE_OK || enough_) return response();
  // What was unpacked while its file was waited for is more than libcurl keeps.
  if (code == CURLE_OUT_OF_MEMORY && paused_ && file() != nullptr) own_error_ = bomb();
  if (!own_error_ && was_held_for_long())
    own_error_ = OwnError{TransportError::Cause::local, "cut after a file here had not answered for long",
                          std::make_error_code(std::errc::timed_out)};
  if (own_error_) {
    TransportError error = ended_by_us(own_error_->cause, own_error_->message);
    error.local = own_error_->local;
    return std::unexpected(std::move(error));
  }
  const char* const text = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  TransportError error = ended_by_us(cause_of(code), text);
  if (const auto shortage = socket_shortage(); shortage && !begun_) {
    error.cause = TransportError::Cause::local;
    error.message += ": " + shortage.message();
    error.local = shortage;
  }
  return std::unexpected(std::move(error));
}

TransportError Easy::ended_by_us(TransportError::Cause cause, const std::string& why) const {
  using Sent = TransportError::Sent;
  const auto origin = origin_of(request_.url);
  return TransportError{.sent = begun_ && request_whole() ? Sent::maybe_sent : Sent::not_sent,
                        .cause = cause,
                        .message = std::string(name_of(request_.method)) + " " +
                                   (origin ? origin->text() : "(not a URL)") +
                                   (proxy_ ? " by way of " + proxy_->text() : "") + ": " + quotation(why),
                        .traffic = traffic(),
                        .local = {}};
}

// A body without its last byte is of no use to anybody: it is shorter than its Content-Length, and JSON
// without its last brace. What libcurl was given it may not have handed on, and what the kernel took may
// never have been sent; what was sent may have arrived, whether somebody said so or not.
bool Easy::request_whole() const noexcept {
  if (!request_.body || was_whole_) return true;
  curl_off_t handed_on = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_UPLOAD_T, &handed_on);
  return std::cmp_greater_equal(handed_on, request_.body->size_bytes()) && progress_.unsent_bytes() == 0;
}

// A moment is one of the clock that the answer itself is dated by; ours may be wrong by years.
std::optional<std::chrono::seconds> Easy::retry_after(const std::optional<WallTime>& date) const {
  const std::string text = header("Retry-After");
  if (text.empty()) return std::nullopt;
  curl_off_t wait_s = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RETRY_AFTER, &wait_s);  // knows both forms
  const bool is_moment = text.find_first_not_of("0123456789 \t") != std::string::npos;
  if (const std::time_t until = is_moment ? curl_getdate(text.c_str(), nullptr) : -1; until > 0 && date)
    wait_s = until - std::chrono::floor<std::chrono::seconds>(date->time_since_epoch()).count();
  return std::chrono::seconds(std::max<curl_off_t>(0, wait_s));
}

Response Easy::response() const {
  Response response;
  response.status = static_cast<int>(status());
  response.body = body_;
  response.request_whole = request_whole();
  response.body_bytes = body_received_;
  response.content_type = cut(header("Content-Type"), kHeaderKept);
  response.request_id = cut(header("X-Request-Id"), kHeaderKept);
  if (const std::time_t date = curl_getdate(header("Date").c_str(), nullptr); date > 0)
    response.date = WallTime(std::chrono::seconds(date));
  response.retry_after = retry_after(response.date);
  response.traffic = traffic();
  return response;
}

Traffic Easy::traffic() const {
  long request_head = 0, answer_head = 0;
  curl_off_t up = 0, down = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_REQUEST_SIZE, &request_head);
  curl_easy_getinfo(handle_.get(), CURLINFO_HEADER_SIZE, &answer_head);
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_UPLOAD_T, &up);
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_DOWNLOAD_T, &down);
  return {static_cast<std::uint64_t>(request_head + up), static_cast<std::uint64_t>(answer_head + down)};
}

long Easy::status() const noexcept {
  long status = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

Pace::Seen Easy::seen() const noexcept {
  curl_off_t handed_on = 0, expected = -1;
  curl_easy_getinfo(handle_.get(), CURLINFO_SIZE_UPLOAD_T, &handed_on);
  curl_easy_getinfo(handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &expected);
  const std::uint64_t unsent = progress_.unsent_bytes(), given = static_cast<std::uint64_t>(handed_on);
  Pace::Seen seen{.connected = begun_,
                  .left = given - std::min(given, unsent),
                  .request_left = begun_ && request_whole(),
                  .received = body_received_,
                  .head_complete = head_complete_};
  if (expected >= 0) seen.expected = static_cast<std::uint64_t>(expected);
  seen.held = paused_;
  seen.holds = pauses_;
  return seen;
}

std::string Easy::header(const char* name) const {
  curl_header* found = nullptr;
  if (curl_easy_header(handle_.get(), name, 0, CURLH_HEADER, -1, &found) != CURLHE_OK) return {};
  return found->value;
}

std::string Easy::redirect_url() const {
  const char* url = nullptr;
  curl_easy_getinfo(handle_.get(), CURLINFO_REDIRECT_URL, &url);
  return url == nullptr ? std::string() : std::string(url);
}

}  // namespace chunkrd::http
