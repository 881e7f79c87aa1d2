#include "http/write_behind.h"

#include <system_error>
#include <utility>

#include "core/durable.h"
#include "core/errors.h"

namespace chunkrd::http {

/// The piece on its way into the file.
struct WriteBehind::Writing final : FileWork {
  Writing(Open how, std::string path) : open(std::move(how)), name(std::move(path)) {}

  void run() noexcept override {
    try {
      if (open) file = std::exchange(open, nullptr)();
      durable::write_all(file.get(), piece, name);
      piece.clear();
      if (const int error = last ? file.close() : 0; error != 0)
        throw std::system_error(error, std::generic_category(), name);
    } catch (const std::exception& error) {
      trouble = FileTrouble{error.what(), code_of(error)};
    }
  }

  bool is_open() const noexcept override { return static_cast<bool>(file); }

  Open open;
  const std::string name;
  FileDescriptor file;
  std::string piece;
  bool last = false;
  std::optional<FileTrouble> trouble;
};

WriteBehind::WriteBehind(Open open, std::string name, FilePools::Lent threads)
    : WriteBehind(std::make_unique<Writing>(std::move(open), std::move(name)), std::move(threads)) {}

WriteBehind::WriteBehind(std::unique_ptr<Writing> writing, FilePools::Lent threads)
    : writing_(*writing), writer_(std::move(writing), std::move(threads)) {}

WriteBehind::~WriteBehind() = default;

void WriteBehind::begin(Executor loop, std::function<void()> more) {
  more_ = std::move(more);
  writer_.listen(std::move(loop), [this] { on_written(); });
  if (!ready_) writer_.begin();
}

bool WriteBehind::put(std::string_view bytes) {
  if (!piece_.empty() && piece_.size() + bytes.size() > kPiece) {
    if (writer_.since()) return false;
    write();
  }
  // Doubled to the end it would be twice a piece.
  if (piece_.size() + bytes.size() > kPiece / 4) piece_.reserve(kPiece);
  piece_.append(bytes);
  return true;
}

void WriteBehind::finish() {
  last_ = true;
  if (!writer_.since()) write();
}

void WriteBehind::write() {
  writing_.piece.swap(piece_);
  piece_.clear();
  writing_.last = last_;
  writer_.begin();
}

void WriteBehind::on_written() {
  ready_ = true;
  trouble_ = writing_.trouble;
  finished_ = writing_.last && !trouble_;
  if (last_ && !writing_.last && !trouble_) {
    write();
    return;
  }
  more_();
}

}  // namespace chunkrd::http
