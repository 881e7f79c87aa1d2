#pragma once

#include <vector>

#include "http/body.h"

namespace chunkrd::http {

/// A body that is read by the threads of the file system it lies on, a piece ahead of what is sent: no file
/// is looked at on the event loop, and none is held up there by a mount that does not answer. Two pieces are
/// in memory, of a body that fits into one that alone.
class ReadAhead final : public Body {
 public:
  /// What libcurl takes at once, too (see Easy).
  static constexpr std::size_t kPiece = std::size_t{256} << 10;

  /// `source` gives `size_bytes` in all, and is used by `threads` only, which must outlive the engine that
  /// sends this. `name`: what hangs when it does, for people.
  ReadAhead(std::unique_ptr<BodySource> source, std::uint64_t size_bytes, std::string name, Executor threads);

  std::uint64_t size_bytes() const override { return size_; }
  void begin(Executor loop, std::function<void()> more) override;
  bool is_ready() const override { return ready_ || piece_at_ < piece_.size(); }
  Taken take(std::span<char> into) override;
  void rewind() override;
  std::optional<OffLoop::Clock::time_point> waits_since() const override;
  std::optional<FileTrouble> trouble() const override;
  std::string name() const override { return name_; }
  void let_go() noexcept override { reader_.let_go(); }

 private:
  struct Reading;

  ReadAhead(std::unique_ptr<Reading> reading, std::string name, Executor threads);
  void on_read();

  const std::uint64_t size_;
  const std::string name_;
  Reading& reading_;  ///< the reader's: not ours while that works
  OffLoop reader_;
  std::function<void()> more_;
  std::vector<char> piece_;  ///< that is being sent
  std::size_t piece_at_ = 0;
  std::uint64_t taken_ = 0;  ///< in all, since the first byte
  bool ready_ = false;       ///< the next piece, or what went wrong, is there
  bool again_ = false;       ///< what is being read is of no use: begin anew
  bool waits_ = true;        ///< for what is being read
};

}  // namespace chunkrd::http
