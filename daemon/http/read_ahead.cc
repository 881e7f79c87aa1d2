#include "http/read_ahead.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "core/errors.h"

namespace chunkrd::http {

/// The next piece on its way from the source.
struct ReadAhead::Reading final : FileWork {
  Reading(std::unique_ptr<BodySource> from, std::uint64_t size_bytes)
      : source(std::move(from)), size(size_bytes) {}

  void run() noexcept override {
    try {
      read();
    } catch (const std::exception& error) {
      trouble = FileTrouble{error.what(), code_of(error)};
    }
  }

  void read() {
    if (std::exchange(rewinds, false)) {
      source->rewind();
      done = 0;
    }
    // A body that is smaller than a piece takes no more than it needs.
    piece.resize(
        static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size + BodySource::kSmallestPiece)));
    std::size_t filled = 0, count = 1;
    while (count > 0 && piece.size() - filled >= BodySource::kSmallestPiece) {
      count = source->read(std::span(piece).subspan(filled));
      filled += count;
    }
    piece.resize(filled);
    done += filled;
    if (count == 0 && done != size) throw std::runtime_error("a body with another length than was said");
    if (filled == size) source.reset();  // all of it is in memory, for another try, too
  }

  bool is_open() const noexcept override { return source != nullptr; }

  std::unique_ptr<BodySource> source;
  const std::uint64_t size;
  std::vector<char> piece;
  std::uint64_t done = 0;  ///< since the first byte
  bool rewinds = false;
  std::optional<FileTrouble> trouble;
};

ReadAhead::ReadAhead(std::unique_ptr<BodySource> source, std::uint64_t size_bytes, std::string name,
                     Executor threads)
    : ReadAhead(std::make_unique<Reading>(std::move(source), size_bytes), std::move(name),
                std::move(threads)) {}

ReadAhead::ReadAhead(std::unique_ptr<Reading> reading, std::string name, Executor threads)
    : size_(reading->size),
      name_(std::move(name)),
      reading_(*reading),
      reader_(std::move(reading), std::move(threads)) {}

void ReadAhead::begin(Executor loop, std::function<void()> more) {
  more_ = std::move(more);
  reader_.listen(std::move(loop), [this] { on_read(); });
  reader_.begin();
}

void ReadAhead::on_read() {
  if (std::exchange(again_, false) && !reading_.trouble) {
    reading_.rewinds = true;
    reader_.begin();
    return;
  }
  ready_ = true;
  waits_ = false;
  more_();
}

Body::Taken ReadAhead::take(std::span<char> into) {
  if (piece_at_ == piece_.size() && taken_ < size_) {
    if (!ready_) {
      waits_ = true;
      return NotYet{};
    }
    if (reading_.trouble) return *reading_.trouble;
    piece_.swap(reading_.piece);
    piece_at_ = 0;
    ready_ = false;
    if (taken_ + piece_.size() < size_) reader_.begin();
  }
  const std::size_t count = std::min(into.size(), piece_.size() - piece_at_);
  std::copy_n(piece_.data() + piece_at_, count, into.data());
  piece_at_ += count;
  taken_ += count;
  return count;
}

void ReadAhead::rewind() {
  const bool all_here = piece_.size() == size_;
  if (all_here || taken_ == 0) {
    taken_ = piece_at_ = 0;
    return;
  }
  taken_ = piece_at_ = 0;
  piece_.clear();
  if (reader_.since()) {
    again_ = true;
  } else if (!reading_.trouble) {
    ready_ = false;
    reading_.rewinds = true;
    reader_.begin();
  }
}

std::optional<FileTrouble> ReadAhead::trouble() const {
  return ready_ ? reading_.trouble : std::nullopt;
}

std::optional<OffLoop::Clock::time_point> ReadAhead::waits_since() const {
  return waits_ ? reader_.since() : std::nullopt;
}

}  // namespace chunkrd::http
