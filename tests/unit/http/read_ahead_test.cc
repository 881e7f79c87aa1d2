#include "http/read_ahead.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <latch>
#include <thread>

#include "core/async.h"

namespace chunkrd::http {
namespace {

constexpr std::size_t kPiece = ReadAhead::kPiece;

/// Says where it is closed, and stands still once, where it is told to.
class Source final : public BodySource {
 public:
  struct Seen {
    std::latch reached{1}, go_on{1};
    std::thread::id closed_by;
  };
  Source(std::string text, std::size_t stop_at, Seen& seen)
      : text_(std::move(text)), stop_at_(stop_at), seen_(seen) {}
  ~Source() override { seen_.closed_by = std::this_thread::get_id(); }
  std::size_t read(std::span<char> into) override {
    if (at_ >= stop_at_) {
      stop_at_ = SIZE_MAX;
      seen_.reached.count_down();
      seen_.go_on.wait();
    }
    const std::size_t count = text_.copy(into.data(), into.size(), at_);
    at_ += count;
    return count;
  }
  void rewind() override { at_ = 0; }

 private:
  const std::string text_;
  std::size_t stop_at_, at_ = 0;
  Seen& seen_;
};

std::string some_text(std::size_t size) {
  std::string text(size, ' ');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i ^ (i >> 9)) % 23);
  return text;
}

class ReadAheadTest : public ::testing::Test {
 protected:
  std::unique_ptr<ReadAhead> read(const std::string& text, std::size_t said, std::size_t stop_at = SIZE_MAX) {
    auto body = std::make_unique<ReadAhead>(std::make_unique<Source>(text, stop_at, seen_), said, "document",
                                            pool_.get_executor());
    body->begin(loop_.get_executor(), [this] { told_ = true; });
    return body;
  }
  void wait() {
    told_ = false;
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!told_ && std::chrono::steady_clock::now() < limit) {
      loop_.restart();
      loop_.run_one_for(std::chrono::milliseconds(10));
    }
    ASSERT_TRUE(told_);
  }
  // What comes of it to its end: its text, or why there is none.
  std::string all_of(ReadAhead& body) {
    std::string all, some(100'000, ' ');
    while (true) {
      const Body::Taken taken = body.take(some);
      if (const auto* trouble = std::get_if<FileTrouble>(&taken)) return trouble->message;
      if (std::holds_alternative<NotYet>(taken)) {
        wait();
        if (HasFatalFailure()) return "nothing came";
        continue;
      }
      if (std::get<std::size_t>(taken) == 0) return all;
      all.append(some, 0, std::get<std::size_t>(taken));
    }
  }

  asio::io_context loop_;
  Source::Seen seen_;
  asio::thread_pool pool_{1};
  bool told_ = false;
};

TEST_F(ReadAheadTest, StartsAgainFromTheFirstByteAlsoWhileTheNextPieceIsRead) {
  const std::string text = some_text(4 * kPiece + 7);
  const auto body = read(text, text.size(), kPiece);
  wait();
  std::string first(1000, ' ');
  ASSERT_TRUE(std::holds_alternative<std::size_t>(body->take(first)));
  seen_.reached.wait();
  body->rewind();
  seen_.go_on.count_down();
  EXPECT_TRUE(all_of(*body) == text);
}

TEST_F(ReadAheadTest, IsNoneOfAnotherLengthThanWasSaid) {
  const std::string text = some_text(2 * kPiece);
  const auto body = read(text, text.size() + 1000);
  EXPECT_EQ(all_of(*body), "a body with another length than was said");
}

TEST_F(ReadAheadTest, IsClosedByAThreadOfItsFiles) {
  auto body = read(some_text(4 * kPiece), 4 * kPiece);
  wait();
  body.reset();
  pool_.join();
  EXPECT_NE(seen_.closed_by, std::thread::id());
  EXPECT_NE(seen_.closed_by, std::this_thread::get_id());
}

}  // namespace
}  // namespace chunkrd::http
