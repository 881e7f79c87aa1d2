#include "http/body.h"

#include <algorithm>
#include <utility>

namespace chunkrd::http {
namespace {

class TextBody final : public Body {
 public:
  explicit TextBody(std::string text) : text_(std::move(text)) {}

  std::uint64_t size_bytes() const override { return text_.size(); }
  void begin(Executor, std::function<void()>) override {}
  bool is_ready() const override { return true; }

  Taken take(std::span<char> into) override {
    const std::size_t count = text_.copy(into.data(), into.size(), at_);
    at_ += count;
    return count;
  }

  void rewind() override { at_ = 0; }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

std::unique_ptr<Body> text_body(std::string text) {
  return std::make_unique<TextBody>(std::move(text));
}

}  // namespace chunkrd::http
