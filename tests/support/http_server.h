#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chunkrd::test {

/// A request as the server got it.
struct Received {
  int connection = 0;  ///< counted from 1
  std::string method;
  std::string target;                          ///< path and query
  std::map<std::string, std::string> headers;  ///< names in lower case
  std::string body;                            ///< empty with Bodies::discard
  std::uint64_t body_bytes = 0;
};

/// What the server does about one request.
struct Reply {
  enum class Framing {
    length,       ///< Content-Length
    chunked,      ///< in one chunk
    until_close,  ///< neither; use with After::close
  };
  enum class After {
    keep,   ///< wait for the next request on the connection
    close,  ///< without having said so
    reset,  ///< RST instead of FIN
    hold,   ///< keep it open and do nothing more until the client goes
  };

  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  Framing framing = Framing::length;
  After after = After::keep;

  std::chrono::milliseconds read_after{0};  ///< before the request's body is read, like a slow line
  /// Act when so many bytes of the body are there, not all (After::reset: and the client is stuck with the
  /// rest).
  std::optional<std::uint64_t> read_only{};
  std::optional<std::size_t> send_only{};  ///< so many bytes of the answer, head included, then `after`
  std::chrono::milliseconds delay{0};      ///< before the answer
  std::size_t piece_bytes = 0;             ///< send the answer in pieces of this size ...
  std::chrono::milliseconds pause{0};      ///< ... with this pause between them

  static Reply text(int status, std::string body);
  static Reply json(std::string body);
  static Reply redirect(int status, std::string location);
  /// Takes the whole request, then ends the connection without an answer.
  static Reply cut();
  /// Takes the whole request and never answers.
  static Reply silence();
};

/// A self-signed certificate for 127.0.0.1, made with the openssl program in `directory`.
struct Certificate {
  std::filesystem::path certificate;
  std::filesystem::path key;

  static Certificate make(const std::filesystem::path& directory);
};

/// A real HTTP/1.1 server on 127.0.0.1 with a thread of its own, which does what it is told, decent or not.
///
/// Each request takes the next reply of the script; when the script is at its end, `otherwise` decides (by
/// default 200 with an empty body). Thread-safe.
class HttpServer {
 public:
  enum class Bodies { keep, discard };
  struct Options {
    Bodies bodies = Bodies::keep;
    std::optional<Certificate> tls;
  };
  /// Called on the server's thread with the head of a request, before its body was read.
  using Decide = std::function<Reply(const Received& head)>;

  HttpServer();
  explicit HttpServer(Options options);
  ~HttpServer();

  /// "http://127.0.0.1:34567", without a slash at the end.
  std::string url() const;
  std::uint16_t port() const;

  void script(Reply next);
  void otherwise(Decide decide);

  /// In the order in which they were read to their end, or to where the reply made the server stop.
  std::vector<Received> requests() const;

  /// Waits until there are `count` of them. Throws std::runtime_error after 10 s.
  std::vector<Received> wait_for_requests(std::size_t count) const;

  int connections() const;

 private:
  struct Server;
  std::unique_ptr<Server> server_;
};

/// A port of 127.0.0.1 on which nobody listens (until somebody else happens to).
std::uint16_t unused_port();

}  // namespace chunkrd::test
