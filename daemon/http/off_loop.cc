#include "http/off_loop.h"

#include <utility>

namespace chunkrd::http {

OffLoop::OffLoop(std::unique_ptr<FileWork> work, FilePools::Lent threads)
    : work_(std::move(work)), threads_(std::move(threads)) {}

void OffLoop::listen(Executor loop, std::function<void()> ended) {
  loop_ = std::move(loop);
  ended_ = std::move(ended);
}

void OffLoop::begin() {
  asio::post(
      threads_.threads(), [work = work_, loop = loop_, threads = threads_.threads(), self = self_]() mutable {
        if (!work->given_up_) work->run();
        if (work->given_up_) return;
        asio::post(loop,
                   [work = std::move(work), threads = std::move(threads), self = std::move(self)]() mutable {
                     if (*self != nullptr)
                       (*self)->ended();
                     else
                       asio::post(threads, [closes_here = std::move(work)] {});
                   });
      });
  since_ = Clock::now();
  waiting_ = threads_.wait();
}

void OffLoop::ended() {
  since_.reset();
  waiting_.reset();
  ended_();
}

void OffLoop::let_go() noexcept {
  if (!work_) return;
  *self_ = nullptr;
  work_->given_up_ = true;
  try {
    if (!since_ && work_->is_open()) asio::post(threads_.threads(), [closes_here = std::move(work_)] {});
  } catch (const std::bad_alloc&) {
    // Then it is closed here and now.
  }
  work_.reset();
  waiting_.reset();
}

}  // namespace chunkrd::http
