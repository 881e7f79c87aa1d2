#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/async.h"
#include "core/fd.h"
#include "http/off_loop.h"

namespace chunkrd::http {

/// A file that an answer's body goes into while it arrives. The threads of the file system it lies on open,
/// write and close it; none of that is done on the event loop. Two pieces are in memory, of a body that fits
/// into one that alone.
class WriteBehind {
 public:
  static constexpr std::size_t kPiece = std::size_t{256} << 10;

  /// Opens the file, for writing from its beginning; on a thread. Throws std::exception.
  using Open = std::function<FileDescriptor()>;

  /// `threads` must outlive the engine that this is written by. `name`: for people.
  WriteBehind(Open open, std::string name, FilePools::Lent threads);
  ~WriteBehind();

  /// Opens the file, if that was not done; `more` is called on `loop` when it is open, and later each time
  /// there is room again, all is written, or something went wrong. Before anything else.
  void begin(Executor loop, std::function<void()> more);

  /// Is the file open, or known not to be had?
  bool is_ready() const noexcept { return ready_; }

  /// Takes all of `bytes`; none of them, while there is no room.
  bool put(std::string_view bytes);

  /// Nothing comes any more.
  void finish();

  /// Is all of it written, and the file closed?
  bool is_finished() const noexcept { return finished_; }

  /// What went wrong. Nothing is written any more then.
  const std::optional<FileTrouble>& trouble() const noexcept { return trouble_; }

  /// Nothing more is written: gives up the file.
  void let_go() noexcept { writer_.let_go(); }

 private:
  struct Writing;

  WriteBehind(std::unique_ptr<Writing> writing, FilePools::Lent threads);
  void write();
  void on_written();

  Writing& writing_;  ///< the writer's: not ours while that works
  OffLoop writer_;
  std::function<void()> more_;
  std::string piece_;  ///< that is being filled
  std::optional<FileTrouble> trouble_;
  bool ready_ = false;
  bool last_ = false;
  bool finished_ = false;
};

}  // namespace chunkrd::http
