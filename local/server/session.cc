#include "local/server/session.h"

#include <fmt/chrono.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <ctime>
#include <string>
#include <utility>

#include "local/server/framing.h"

namespace chunkrd::local::server {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::system::error_code;

constexpr std::size_t kBufferBytes = std::size_t{128} << 10;
constexpr std::uint32_t kHeaderBytesMax = 32 << 10;
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;
/// A body that nobody wants is read up to this size, so that the connection can be used again.
constexpr std::uint64_t kUnwantedBytesMax = std::uint64_t{1} << 20;
/// How long a client that still sends may go on after the answer to its refused request has left.
constexpr std::chrono::seconds kLinger{2};

using Parser = http::request_parser<http::buffer_body>;
using SteadyClock = std::chrono::steady_clock;
using SteadyTime = SteadyClock::time_point;

/// RFC 9110, 5.6.7: `chunkrd check` compares clocks by it.
std::string http_date() {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::time(nullptr)));
}

auto catching(error_code& ec) {
  return asio::redirect_error(asio::use_awaitable, ec);
}

/// The request's body, straight from the connection.
class SocketBody final : public RequestBody {
 public:
  SocketBody(beast::tcp_stream& stream, beast::flat_buffer& buffer, Parser& parser, const Options& options)
      : stream_(stream), buffer_(buffer), parser_(parser), options_(options) {}

  awaitable<std::string_view> next() override {
    co_await send_continue();
    while (!parser_.is_done()) {
      if (piece_.empty()) piece_.resize(kPieceBytes);
      parser_.get().body().data = piece_.data();
      parser_.get().body().size = piece_.size();
      stream_.expires_at(deadline());
      error_code ec;
      co_await http::async_read_some(stream_, buffer_, parser_, catching(ec));
      if (ec && ec != http::error::need_buffer) throw boost::system::system_error(ec);
      const std::size_t got = piece_.size() - parser_.get().body().size;
      got_ += got;
      if (got > 0) co_return std::string_view(piece_).substr(0, got);
    }
    co_return std::string_view();
  }

  std::optional<std::uint64_t> size_bytes() const override {
    const auto length = parser_.content_length();
    if (!length) return std::nullopt;
    return *length;
  }

  bool is_read() const { return parser_.is_done(); }
  /// Whether the client waits for a word before it sends anything.
  bool waits() const { return expects_continue() && !continued_; }

 private:
  /// For the next piece; and a body that comes a byte at a time has an end, too.
  SteadyTime deadline() const {
    const std::chrono::seconds due(got_ / options_.body_bytes_per_second_min);
    return std::min(SteadyClock::now(), began_ + due) + options_.read_timeout;
  }

  bool expects_continue() const { return beast::iequals(parser_.get()[http::field::expect], "100-continue"); }

  awaitable<void> send_continue() {
    if (!waits()) co_return;
    continued_ = true;
    stream_.expires_after(options_.read_timeout);
    constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    co_await asio::async_write(stream_, asio::buffer(kContinue), asio::use_awaitable);
  }

  beast::tcp_stream& stream_;
  beast::flat_buffer& buffer_;
  Parser& parser_;
  const Options& options_;
  std::string piece_;
  const SteadyTime began_ = SteadyClock::now();
  std::uint64_t got_ = 0;
  bool continued_ = false;
};

class Connection {
 public:
  Connection(asio::ip::tcp::socket socket, Connections& connections, Api& api, const Options& options)
      : stream_(std::move(socket)),
        place_(connections, stream_),
        buffer_(kBufferBytes),
        api_(api),
        options_(options),
        patience_(options.read_timeout) {}

  /// Serves one request. False when the connection is to be closed.
  awaitable<bool> serve_one() {
    place_.become_idle();
    if (!co_await wait_for_request()) co_return false;
    Parser parser;
    parser.header_limit(kHeaderBytesMax);
    parser.body_limit(boost::none);
    error_code ec;
    co_await http::async_read_header(stream_, buffer_, parser, catching(ec));
    if (ec == http::error::end_of_stream || ec == beast::error::timeout) co_return false;
    if (ec && ec.category() != http::make_error_code(http::error::bad_method).category()) co_return false;
    place_.become_busy();
    if (ec) co_return co_await refuse("", 11);
    const unsigned version = parser.get().version();
    if (const auto mistake = framing_mistake(parser.get())) co_return co_await refuse(*mistake, version);
    is_kept_ = parser.get().keep_alive();
    SocketBody body(stream_, buffer_, parser, options_);
    const Request request = request_of(parser);
    Answer answer = co_await api_.answer(request, body);
    co_await read_unwanted(body);
    const bool is_unread = !body.is_read();
    if (is_unread) is_kept_ = false;
    const bool goes_on = co_await send(std::move(answer), version,
                                       request.method == "HEAD" ? Sent::header_only : Sent::with_body);
    if (is_unread && !is_cut_) co_await linger();
    co_return goes_on;
  }

  void close() {
    error_code ec;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_both, ec);
    stream_.close();
  }

 private:
  enum class Sent { with_body, header_only };

  /// Returns when the first bytes of a request are there, or false when the client has had enough.
  awaitable<bool> wait_for_request() {
    if (buffer_.size() == 0) {
      stream_.expires_after(std::exchange(patience_, options_.keep_alive));
      error_code ec;
      const std::size_t got = co_await stream_.async_read_some(buffer_.prepare(4096), catching(ec));
      if (ec) co_return false;
      buffer_.commit(got);
    }
    stream_.expires_after(options_.read_timeout);
    co_return true;
  }

  /// What cannot be understood ends the connection: where the next request would begin is not known.
  awaitable<bool> refuse(std::string_view why, unsigned version) {
    is_kept_ = false;
    co_await send(text_answer(400, std::string(why)), version, Sent::with_body);
    co_await linger();
    co_return false;
  }

  static Request request_of(const Parser& parser) {
    const auto& message = parser.get();
    Request request;
    request.method = message.method_string();
    const std::string_view target = message.target();
    const auto mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    request.query = target.substr(std::min(mark + 1, target.size()));
    request.host = message[http::field::host];
    request.content_type = message[http::field::content_type];
    if (const auto field = message.find(http::field::authorization); field != message.end()) {
      request.authorization = field->value();
    }
    if (const auto field = message.find(http::field::origin); field != message.end()) {
      request.origin = field->value();
    }
    request.fetch_site = message["Sec-Fetch-Site"];
    return request;
  }

  static awaitable<void> read_unwanted(SocketBody& body) {
    if (body.is_read() || body.waits() ||
        body.size_bytes().value_or(kUnwantedBytesMax + 1) > kUnwantedBytesMax) {
      co_return;
    }
    while (!(co_await body.next()).empty()) {
    }
  }

  awaitable<bool> send(Answer answer, unsigned version, Sent sent) {
    if (answer.delivery == Delivery::none) {
      is_cut_ = true;
      co_return false;
    }
    const bool is_cut = answer.delivery != Delivery::whole;
    std::string first;
    bool is_all = false;
    if (answer.source) {
      first = next_block(*answer.source, is_all);
    } else {
      first = std::move(answer.text);
      is_all = true;
    }
    if (is_all && !is_cut) {
      co_await send_small(answer, version, sent, std::move(first));
    } else {
      co_await send_stream(answer, version, sent, std::move(first), is_all);
    }
    co_return is_kept_ && !is_cut;
  }

  /// Some pieces joined, so that small ones do not each become a packet.
  static std::string next_block(BodySource& source, bool& is_last) {
    std::string block;
    std::string piece;
    while (block.size() < kPieceBytes) {
      if (!source.next(piece)) {
        is_last = true;
        break;
      }
      block += piece;
    }
    return block;
  }

  template <class Message>
  void head(Message& message, const Answer& answer) const {
    message.set(http::field::server, "chunkr-local");
    message.set(http::field::date, http_date());
    message.set("X-Content-Type-Options", "nosniff");  // a document is not a page of this server
    if (!answer.content_type.empty()) message.set(http::field::content_type, answer.content_type);
    for (const auto& [name, value] : answer.headers) message.set(name, value);
    message.keep_alive(is_kept_);
  }

  awaitable<void> send_small(const Answer& answer, unsigned version, Sent sent, std::string text) {
    http::response<http::string_body> message(http::int_to_status(answer.status), version);
    message.result(answer.status);
    head(message, answer);
    message.body() = std::move(text);
    message.prepare_payload();
    stream_.expires_after(options_.read_timeout);
    if (sent == Sent::header_only) {
      http::response_serializer<http::string_body> serializer(message);
      co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    } else {
      co_await http::async_write(stream_, message, asio::use_awaitable);
    }
  }

  awaitable<void> send_stream(const Answer& answer, unsigned version, Sent sent, std::string block,
                              bool is_last) {
    http::response<http::buffer_body> message(http::int_to_status(answer.status), version);
    message.result(answer.status);
    head(message, answer);
    std::optional<std::uint64_t> announced = block.size();
    if (answer.source) announced = answer.source->size_bytes();
    if (answer.source && announced) *announced += block.size();
    std::uint64_t sent_bytes = 0;
    if (announced) {
      message.content_length(*announced);
    } else if (version >= 11) {
      message.chunked(true);
    } else {
      is_kept_ = false;
      message.keep_alive(false);
    }
    http::response_serializer<http::buffer_body> serializer(message);
    message.body().data = nullptr;
    message.body().more = true;
    stream_.expires_after(options_.read_timeout);
    co_await http::async_write_header(stream_, serializer, asio::use_awaitable);
    is_cut_ = answer.delivery != Delivery::whole;
    if (answer.delivery == Delivery::cut_after_headers || sent == Sent::header_only) co_return;
    if (answer.delivery == Delivery::cut_in_body) block.resize(block.size() / 2);
    while (true) {
      message.body().data = block.data();
      message.body().size = block.size();
      message.body().more = !is_last || is_cut_;
      stream_.expires_after(options_.read_timeout);
      error_code ec;
      co_await http::async_write(stream_, serializer, catching(ec));
      if (ec && ec != http::error::need_buffer) throw boost::system::system_error(ec);
      sent_bytes += block.size();
      if (is_last && announced && sent_bytes != *announced) is_kept_ = false;
      if (is_last || is_cut_) co_return;
      block = next_block(*answer.source, is_last);
    }
  }

  /// A client that is still sending would lose the answer to a reset: it is heard for a while longer.
  awaitable<void> linger() {
    error_code ec;
    stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ec);
    stream_.expires_after(kLinger);
    std::array<char, 4096> nothing;
    while (!ec) co_await stream_.async_read_some(asio::buffer(nothing), catching(ec));
  }

  beast::tcp_stream stream_;
  Connections::Place place_;
  beast::flat_buffer buffer_;
  Api& api_;
  const Options& options_;
  std::chrono::milliseconds patience_;  ///< with a client that sends nothing
  bool is_kept_ = true;
  bool is_cut_ = false;
};

}  // namespace

awaitable<void> serve_connection(asio::ip::tcp::socket socket, Connections& connections, Api& api,
                                 const Options& options) {
  error_code ec;
  socket.set_option(asio::ip::tcp::no_delay(true), ec);
  Connection connection(std::move(socket), connections, api, options);
  try {
    while (co_await connection.serve_one()) {
    }
  } catch (const boost::system::system_error& error) {
    spdlog::debug("connection: {}", error.code().message());
  } catch (const std::exception& error) {
    spdlog::error("connection: {}", error.what());
  }
  connection.close();
}

}  // namespace chunkrd::local::server
