// Files that a transfer reads and writes: they may hang, and nobody else is held up by that.
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <fstream>
#include <future>
#include <thread>

#include "tests/support/temporary_folder.h"
#include "tests/unit/http/fixture.h"

namespace chunkrd::http {
namespace {

using namespace std::chrono_literals;
using test::HttpServer;
using test::Reply;
using testing::HasSubstr;
using Cause = TransportError::Cause;
using Sent = TransportError::Sent;

constexpr std::size_t kPiece = ReadAhead::kPiece;

std::string some_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i ^ (i >> 9)) % 23);
  return text;
}

/// A file that does not answer from `hangs_at` on, until it goes on.
class HangingFile {
 public:
  explicit HangingFile(std::size_t hangs_at) : hangs_at_(hangs_at) {}
  ~HangingFile() { go_on(); }
  void go_on() {
    if (!std::exchange(goes_on_, true)) mounted_again_.set_value();
  }
  void touch(std::size_t at) {
    if (at < hangs_at_) return;
    hangs = true;
    answers_.wait();
  }
  std::atomic<bool> hangs = false;

 private:
  const std::size_t hangs_at_;
  bool goes_on_ = false;
  std::promise<void> mounted_again_;
  const std::shared_future<void> answers_ = mounted_again_.get_future().share();
};

class Document final : public BodySource {
 public:
  Document(std::string text, HangingFile& file, std::atomic<int>* alive = nullptr)
      : text_(std::move(text)), file_(file), alive_(alive) {
    if (alive_ != nullptr) ++*alive_;
  }
  ~Document() override {
    if (alive_ != nullptr) --*alive_;
  }
  std::size_t read(std::span<char> into) override {
    const std::size_t count = text_.copy(into.data(), into.size(), at_);
    if (count > 0) file_.touch(at_ + count - 1);
    at_ += count;
    return count;
  }
  void rewind() override { at_ = 0; }

 private:
  const std::string text_;
  HangingFile& file_;
  std::atomic<int>* const alive_;
  std::size_t at_ = 0;
};

/// A pipe is a file that hangs when nobody reads it.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() { close_end(); }
  FileDescriptor writing_end() { return FileDescriptor(std::exchange(ends_[1], -1)); }
  void close_end() {
    if (const int end = std::exchange(ends_[0], -1); end >= 0) ::close(end);
  }
  /// Reads to its end, slowly if that is asked for, on a thread.
  std::future<std::string> read_all(std::chrono::microseconds each = 0us) {
    return std::async(std::launch::async, [this, each] {
      std::string all, piece(16384, ' ');
      ssize_t count = 0;
      while ((count = ::read(ends_[0], piece.data(), piece.size())) > 0) {
        all.append(piece, 0, static_cast<std::size_t>(count));
        std::this_thread::sleep_for(each);
      }
      return all;
    });
  }
  bool is_full_of(std::size_t bytes) const {
    int there = 0;
    return ::ioctl(ends_[0], FIONREAD, &there) == 0 && static_cast<std::size_t>(there) >= bytes;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

class Files : public EngineTest {
 protected:
  /// Begins, and tells later what came of it.
  std::shared_ptr<std::optional<Result>> begin(Request request) {
    auto result = std::make_shared<std::optional<Result>>();
    asio::co_spawn(io_, engine_.perform(std::move(request)),
                   [result](const std::exception_ptr& error, Result got) {
                     if (!error) *result = std::move(got);
                   });
    return result;
  }
  bool until(const std::function<bool()>& is_so, std::chrono::seconds limit = 30s) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!is_so() && std::chrono::steady_clock::now() < end) {
      io_.restart();
      io_.run_one_for(10ms);
    }
    return is_so();
  }
  bool after(std::chrono::milliseconds time) {
    asio::steady_timer timer(io_, time);
    bool over = false;
    timer.async_wait([&](const auto&) { over = true; });
    return until([&] { return over; });
  }
  void expect_that_others_go_on(const HttpServer& server) {
    for (int i = 0; i < 3; ++i) {
      auto other = begin(post(server.url() + "/other", std::string(1 << 20, 'o')));
      ASSERT_TRUE(until([&] { return other->has_value(); }, 10s)) << "held up by a file";
      EXPECT_TRUE((*other)->has_value());
    }
  }
  Request into_pipe(const std::string& url, Pipe& pipe) {
    Request request = get(url);
    request.sink = into([&pipe] { return pipe.writing_end(); });
    return request;
  }
};

TEST_F(Files, AFileThatHangsWhileItIsSentHoldsUpNoOtherTransfer) {
  HttpServer server;
  const std::string text = some_text(5 * kPiece + 7);
  for (const std::size_t at : {std::size_t{0}, kPiece + 1, 3 * kPiece, text.size() - 1}) {
    SCOPED_TRACE(at);
    HangingFile file(at);
    auto sent = begin(post(server.url(), std::make_unique<Document>(text, file), text.size()));
    ASSERT_TRUE(until([&] { return file.hangs.load(); }));
    expect_that_others_go_on(server);
    EXPECT_FALSE(sent->has_value());
    file.go_on();
    ASSERT_TRUE(until([&] { return sent->has_value(); }));
    ASSERT_TRUE((*sent)->has_value()) << (*sent)->error().message;
    EXPECT_TRUE((*sent)->value().request_whole);
    EXPECT_TRUE(server.requests().back().body == text);
  }
}

TEST_F(Files, AFileThatHangsWhileItIsWrittenHoldsUpNoOtherTransfer) {
  HttpServer server;
  const std::string text = some_text(5 * kPiece + 7);
  for (const auto framing : {Reply::Framing::length, Reply::Framing::chunked, Reply::Framing::until_close}) {
    Pipe pipe;
    server.script(
        {.body = text,
         .framing = framing,
         .after = framing == Reply::Framing::until_close ? Reply::After::close : Reply::After::keep});
    auto fetched = begin(into_pipe(server.url(), pipe));
    ASSERT_TRUE(until([&] { return pipe.is_full_of(60'000); }));
    expect_that_others_go_on(server);
    EXPECT_FALSE(fetched->has_value());
    auto written = pipe.read_all();
    ASSERT_TRUE(until([&] { return fetched->has_value(); }));
    ASSERT_TRUE((*fetched)->has_value()) << (*fetched)->error().message;
    EXPECT_EQ((*fetched)->value().body_bytes, text.size());
    EXPECT_TRUE(written.get() == text);
  }
}

TEST_F(Files, AnAnswerIsThereWhenItsLastByteIsWrittenAndTheFileClosed) {
  HttpServer server;
  server.script({.body = "all of it"});
  Pipe pipe;
  answer(into_pipe(server.url(), pipe));
  auto written = pipe.read_all();  // ends at once: nobody has the other end any more
  ASSERT_EQ(written.wait_for(10s), std::future_status::ready);
  EXPECT_EQ(written.get(), "all of it");
}

TEST_F(Files, WhatWasPackedIsUnpackedForASlowFileToo) {
  const tests::TemporaryFolder folder;
  const std::string text = some_text(3'000'001), plain = (folder / "plain").native();
  std::ofstream(plain, std::ios::binary) << text << std::string(8'000'000, ' ');
  ASSERT_EQ(std::system(("gzip -1 '" + plain + "'").c_str()), 0);
  std::ifstream in(plain + ".gz", std::ios::binary);
  const std::string packed{std::istreambuf_iterator<char>(in), {}};
  HttpServer server;
  for (const auto framing : {Reply::Framing::length, Reply::Framing::chunked, Reply::Framing::until_close}) {
    server.script(
        {.headers = {{"Content-Encoding", "gzip"}},
         .body = packed,
         .framing = framing,
         .after = framing == Reply::Framing::until_close ? Reply::After::close : Reply::After::keep});
    Pipe pipe;
    auto written = pipe.read_all(100us);
    const Response response = answer(into_pipe(server.url(), pipe));
    EXPECT_EQ(response.body_bytes, 11'000'001u);
    EXPECT_TRUE(written.get() == text + std::string(8'000'000, ' '));
  }
}

TEST_F(Files, AFileThatDoesNotAnswerForLongEndsItsTransferOnly) {
  HttpServer server;
  const std::string text = some_text(5 * kPiece);
  for (const std::size_t at : {std::size_t{0}, 3 * kPiece, text.size() - 1}) {
    std::atomic<int> alive = 0;
    HangingFile file(at);
    Request request = post(server.url(), std::make_unique<Document>(text, file, &alive), text.size());
    request.timeouts.file = 200ms;
    const TransportError error = failure(std::move(request));
    EXPECT_EQ(error.cause, Cause::local);
    EXPECT_EQ(error.sent, Sent::not_sent);
    EXPECT_EQ(error.local, std::errc::timed_out);
    EXPECT_THAT(error.message, HasSubstr("the document has not answered for 200 ms"));
    EXPECT_EQ(alive, 1) << "who hangs in it works with it";
    file.go_on();
    EXPECT_TRUE(until([&] { return alive == 0; }));
  }
}

TEST_F(Files, AResultsFileIsWaitedForHoweverLongAndWhoAsksIsToldSo) {
  FilePools pools;
  HttpServer server;
  const std::string text = some_text(5 * kPiece);
  server.script({.body = text});
  HangingFile opens(0);
  Pipe pipe;
  Request request = get(server.url());
  request.timeouts.file = 100ms;
  request.sink = IntoFile{std::make_unique<WriteBehind>(
      [&] {
        opens.touch(0);
        return pipe.writing_end();
      },
      "the result", pools.for_fetching({}, "job"))};
  auto fetched = begin(std::move(request));
  ASSERT_TRUE(until([&] { return opens.hangs.load(); }));
  ASSERT_TRUE(after(300ms));
  EXPECT_TRUE(pools.waiting_since("job"));
  EXPECT_TRUE(server.requests().empty()) << "asked for what cannot be kept";
  opens.go_on();
  ASSERT_TRUE(until([&] { return pipe.is_full_of(60'000); }));
  ASSERT_TRUE(after(300ms));
  EXPECT_TRUE(pools.waiting_since("job"));
  EXPECT_FALSE(fetched->has_value());
  auto written = pipe.read_all();
  ASSERT_TRUE(until([&] { return fetched->has_value(); }));
  EXPECT_TRUE((*fetched)->has_value()) << (*fetched)->error().message;
  EXPECT_TRUE(written.get() == text);
  EXPECT_FALSE(pools.waiting_since("job"));
}

TEST_F(Files, ACutAfterAFileHasNotAnsweredForLongIsNotTheOtherSides) {
  HttpServer server;
  server.script({.body = some_text(8 << 20), .after = Reply::After::close, .send_only = 5 * kPiece});
  Pipe pipe;
  Request request = into_pipe(server.url(), pipe);
  request.timeouts.file = 100ms;
  auto fetched = begin(std::move(request));
  ASSERT_TRUE(until([&] { return pipe.is_full_of(60'000); }));
  ASSERT_TRUE(after(300ms));
  auto written = pipe.read_all();
  ASSERT_TRUE(until([&] { return fetched->has_value(); }));
  ASSERT_FALSE((*fetched)->has_value());
  EXPECT_EQ((*fetched)->error().cause, Cause::local);
  EXPECT_EQ((*fetched)->error().local, std::errc::timed_out);
  // The file is closed while the loop runs.
  EXPECT_TRUE(until([&] { return written.wait_for(0s) == std::future_status::ready; }));
}

TEST_F(Files, TheTimeThatAFileTakesIsNotTheOtherSides) {
  HttpServer server;
  const std::string text = some_text(5 * kPiece);
  HangingFile file(3 * kPiece);
  Request up = post(server.url(), std::make_unique<Document>(text, file), text.size());
  Pipe pipe;
  server.otherwise(
      [&](const test::Received& head) { return Reply{.body = head.method == "GET" ? text : ""}; });
  Request down = into_pipe(server.url(), pipe);
  for (Request* request : {&up, &down}) request->timeouts.stall = request->timeouts.connect = 400ms;
  up.timeouts.answer = down.timeouts.answer = 400ms;
  auto sent = begin(std::move(up)), fetched = begin(std::move(down));
  ASSERT_TRUE(until([&] { return file.hangs && pipe.is_full_of(60'000); }));
  ASSERT_TRUE(after(1500ms));
  EXPECT_FALSE(sent->has_value());
  EXPECT_FALSE(fetched->has_value());
  file.go_on();
  auto written = pipe.read_all();
  ASSERT_TRUE(until([&] { return sent->has_value() && fetched->has_value(); }));
  EXPECT_TRUE((*sent)->has_value()) << (*sent)->error().message;
  EXPECT_TRUE((*fetched)->has_value()) << (*fetched)->error().message;
}

TEST_F(Files, WaitingForAFileTakesNoProcessorTime) {
  HttpServer server;
  const std::string text = some_text(5 * kPiece);
  server.otherwise(
      [&](const test::Received& head) { return Reply{.body = head.method == "GET" ? text : ""}; });
  HangingFile file(3 * kPiece);
  Pipe pipe;
  auto sent = begin(post(server.url(), std::make_unique<Document>(text, file), text.size()));
  auto fetched = begin(into_pipe(server.url(), pipe));
  ASSERT_TRUE(until([&] { return file.hangs && pipe.is_full_of(60'000); }));
  ASSERT_TRUE(after(100ms));
  const auto used = [] {
    rusage usage{};
    ::getrusage(RUSAGE_THREAD, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  };
  const auto before = used();
  ASSERT_TRUE(after(500ms));
  EXPECT_LT(used() - before, 100ms);
  file.go_on();
  auto written = pipe.read_all();
  EXPECT_TRUE(until([&] { return sent->has_value() && fetched->has_value(); }));
}

TEST_F(Files, ABodyIsRewoundAlsoWhileItsNextPieceIsRead) {
  HttpServer server;
  const std::string text = some_text(40 * kPiece);
  for (const std::size_t at : {std::size_t{3} * kPiece, text.size()}) {
    answer(get(server.url()));
    // The kept connection dies in the middle of the body, once the next piece is waited for or not.
    server.script({.after = Reply::After::reset, .read_only = 100'000, .send_only = 0});
    const std::size_t before = server.requests().size();
    HangingFile file(at);
    auto sent = begin(post(server.url(), std::make_unique<Document>(text, file), text.size()));
    ASSERT_TRUE(until([&] { return server.requests().size() > before; }));
    ASSERT_TRUE(after(100ms));
    file.go_on();
    ASSERT_TRUE(until([&] { return sent->has_value(); }));
    ASSERT_TRUE((*sent)->has_value()) << (*sent)->error().message;
    EXPECT_EQ(server.requests().size(), before + 2);
    EXPECT_TRUE(server.requests().back().body == text);
  }
}

TEST_F(Files, TransfersThatWaitForFilesAreAbandonedAtOnce) {
  HttpServer server;
  server.otherwise([](const test::Received& head) {
    return Reply{.body = head.method == "GET" ? some_text(5 * kPiece) : ""};
  });
  const std::string text = some_text(5 * kPiece);
  std::atomic<int> alive = 0;
  HangingFile opening(0), sending(3 * kPiece);
  Threads more(2);  // each of them hangs in one file
  const auto document = [&](HangingFile& file, Executor threads) {
    Request request = post(server.url(), "");
    request.body = std::make_unique<ReadAhead>(std::make_unique<Document>(text, file, &alive), text.size(),
                                               "it", std::move(threads));
    return request;
  };
  Pipe pipe;
  const auto results = {begin(document(opening, more.executor())), begin(document(sending, more.executor())),
                        begin(into_pipe(server.url(), pipe))};
  ASSERT_TRUE(until([&] { return opening.hangs && sending.hangs && pipe.is_full_of(60'000); }));
  engine_.abandon_all();
  for (const auto& result : results) {
    ASSERT_TRUE(until([&] { return result->has_value(); }, 5s));
    EXPECT_EQ((*result)->error().cause, Cause::abandoned);
  }
  EXPECT_EQ(engine_.under_way(), 0u);
  EXPECT_EQ(alive, 2);
  opening.go_on();
  sending.go_on();
  pipe.close_end();
  more.join();
  EXPECT_EQ(alive, 0) << "nobody needs them any more";
}

TEST(FilesAtTheEnd, MayHangWhenTheEngineAndItsLoopGo) {
  HttpServer server;
  std::atomic<int> alive = 0;
  HangingFile file(3 * kPiece), other(0);
  {
    asio::io_context io;
    Threads threads(2);
    const std::string text = some_text(5 * kPiece);
    // The threads are waited for when they go, after the engine.
    const std::shared_ptr<void> at_last(nullptr, [&](void*) {
      EXPECT_EQ(alive, 2);
      file.go_on();
      other.go_on();
    });
    Engine engine(io.get_executor(), {});
    for (HangingFile* const each : {&file, &other}) {
      Request request;
      request.method = Method::post;
      request.url = server.url();
      request.body = std::make_unique<ReadAhead>(std::make_unique<Document>(text, *each, &alive), text.size(),
                                                 "it", threads.executor());
      asio::co_spawn(io, engine.perform(std::move(request)), [](const std::exception_ptr&, const Result&) {});
    }
    while (!file.hangs || !other.hangs) io.run_one_for(10ms);
  }
  EXPECT_EQ(alive, 0);
}

TEST_F(Files, ASmallBodyIsReadAtOnceAndItsFileClosedBeforeItIsSent) {
  HttpServer server;
  std::atomic<int> alive = 0;
  std::atomic<int> alive_at_request = -1;
  server.otherwise([&](const test::Received&) {
    alive_at_request = alive.load();
    return Reply{};
  });
  HangingFile file(kPiece);
  EXPECT_EQ(answer(post(server.url(), std::make_unique<Document>("small", file, &alive), 5)).status, 200);
  EXPECT_EQ(server.requests().at(0).body, "small");
  EXPECT_EQ(alive_at_request, 0);
}

/// Counts what was read of it.
class Counted final : public BodySource {
 public:
  Counted(std::size_t size, std::atomic<std::size_t>& read_so_far) : left_(size), read_so_far_(read_so_far) {}
  std::size_t read(std::span<char> into) override {
    const std::size_t count = std::min(into.size(), left_);
    left_ -= count;
    read_so_far_ += count;
    return count;
  }
  void rewind() override { throw std::logic_error("not sent again here"); }

 private:
  std::size_t left_;
  std::atomic<std::size_t>& read_so_far_;
};

TEST_F(Files, ABodyIsReadNoMoreThanAPieceAhead) {
  HttpServer server;
  server.script({.read_after = 300ms});
  const std::size_t size = 200 * kPiece;
  std::atomic<std::size_t> so_far = 0, most_ahead = 0;
  auto sent = begin(post(server.url(), std::make_unique<Counted>(size, so_far), size));
  ASSERT_TRUE(until([&] {
    most_ahead = std::max<std::size_t>(most_ahead, so_far - engine_.body_bytes_sent());
    return sent->has_value();
  }));
  EXPECT_EQ(so_far, size);
  EXPECT_LE(most_ahead, 2 * kPiece);
}

TEST_F(Files, AWriteThatFailsInTheBackgroundEndsTheTransfer) {
  HttpServer server;
  server.script({.body = some_text(2 * kPiece + 1)});
  Pipe pipe;
  auto fetched = begin(into_pipe(server.url(), pipe));
  ASSERT_TRUE(until([&] { return pipe.is_full_of(60'000); }));
  pipe.close_end();
  ASSERT_TRUE(until([&] { return fetched->has_value(); }));
  ASSERT_FALSE((*fetched)->has_value());
  EXPECT_EQ((*fetched)->error().cause, Cause::local);
  EXPECT_EQ((*fetched)->error().local, std::errc::broken_pipe);
}

}  // namespace
}  // namespace chunkrd::http
