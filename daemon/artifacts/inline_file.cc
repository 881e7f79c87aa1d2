#include "artifacts/inline_file.h"

#include <fcntl.h>

#include <boost/algorithm/string/predicate.hpp>
#include <charconv>

#include "core/durable.h"

namespace chunkrd::artifacts {
namespace {

// "data:application/vnd.openxmlformats-officedocument...;base64," is over before that.
constexpr std::size_t kHeadBytes = 512;

// Where every byte is written with an escape they come one by one.
constexpr std::size_t kPieceBytes = std::size_t{64} << 10;

bool is_address(std::string_view text) {
  return boost::istarts_with(text, "http://") || boost::istarts_with(text, "https://");
}

// Only '/', '+' and '=' are ever written with an escape in base64; everything else is none.
char unescaped(std::string_view escape) {
  if (escape.size() == 2) return escape[1];
  unsigned code = 0;
  std::from_chars(escape.data() + 2, escape.data() + escape.size(), code, 16);
  return code < 0x80 ? static_cast<char>(code) : '?';
}

}  // namespace

void InlineFile::add_raw(std::string_view json) {
  while (!json.empty()) {
    if (escape_.empty()) {
      const std::size_t plain = std::min(json.find('\\'), json.size());
      add(json.substr(0, plain));
      json.remove_prefix(plain);
      if (json.empty()) return;
    }
    escape_ += json.front();
    json.remove_prefix(1);
    if (escape_.size() < 2 || (escape_[1] == 'u' && escape_.size() < 6)) continue;
    const char byte = unescaped(escape_);
    escape_.clear();
    add({&byte, 1});
  }
}

void InlineFile::add(std::string_view text) {
  if (kind_) {
    if (*kind_ == Kind::file) decode(text);
    return;
  }
  head_ += text;
  if (head_.size() >= kHeadBytes) begin();
}

InlineFile::Kind InlineFile::finish() {
  if (!kind_) begin();
  if (*kind_ == Kind::file) flush();
  if (*kind_ == Kind::file && (!valid_ || !decoder_.is_complete())) kind_ = Kind::broken;
  return *kind_;
}

void InlineFile::begin() {
  std::string_view text = head_;
  if (text.empty()) {
    kind_ = Kind::nothing;
  } else if (is_address(text)) {
    kind_ = Kind::address;
  } else if (boost::istarts_with(text, "data:")) {
    const std::size_t comma = text.find(',');
    const bool base64 = comma != text.npos && boost::iends_with(text.substr(0, comma), ";base64");
    kind_ = base64 ? Kind::file : Kind::broken;
    text.remove_prefix(base64 ? comma + 1 : 0);
  } else {
    kind_ = Kind::file;
  }
  if (*kind_ == Kind::file) {
    file_ = durable::open(into_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    decode(text);
  }
  head_ = {};
}

void InlineFile::decode(std::string_view base64) {
  if (!valid_) return;
  valid_ = decoder_.add(base64, bytes_);
  if (bytes_.size() >= kPieceBytes) flush();
}

void InlineFile::flush() {
  durable::write_all(file_.get(), bytes_, into_);
  bytes_.clear();
}

}  // namespace chunkrd::artifacts
