#include "artifacts/result_scanner.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

namespace chunkrd::artifacts {
namespace {

bool is_space(char byte) {
  return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

bool is_digit(char byte) {
  return byte >= '0' && byte <= '9';
}

bool is_hex(char byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

// A key may be written with escapes: "\u006futput".
bool is_key(std::string_view raw, std::string_view name) {
  if (raw.find('\\') == std::string_view::npos) return raw == name;
  simdjson::dom::parser parser;
  std::string_view unescaped;
  return parser.parse(fmt::format("\"{}\"", raw)).get(unescaped) == simdjson::SUCCESS && unescaped == name;
}

}  // namespace

ResultScanner::ResultScanner(std::function<void(std::string_view)> take_chunk,
                             std::function<void(std::string_view)> take_pdf)
    : take_chunk_(std::move(take_chunk)), take_pdf_(std::move(take_pdf)) {}

void ResultScanner::feed(std::string_view piece) {
  piece_ = piece;
  run_ = 0;
  for (at_ = 0; at_ < piece.size(); ++at_) {
    const char byte = piece[at_];
    switch (token_) {
      case Token::none:
        between_tokens(byte);
        break;
      case Token::string:
        skim_string();
        break;
      case Token::escape:
      case Token::unicode:
        escape(byte);
        break;
      case Token::literal:
        literal(byte);
        break;
      default:
        if (!number(byte)) between_tokens(byte);
    }
  }
  turn_to(sink_, piece.size());
  past_ += piece.size();
  at_ = 0;
}

std::string ResultScanner::finish() {
  piece_ = {};
  run_ = 0;
  // A number at the top is only over when the document is.
  if (open_.empty() && token_ >= Token::minus) number(' ');
  if (token_ != Token::none || expect_ != Expect::nothing)
    throw BrokenResult("not complete: ends at " + where());
  return std::move(skeleton_);
}

std::string ResultScanner::where() const {
  std::string place = fmt::format("byte {}", past_ + at_);
  if (sink_ == Sink::chunk) return place + fmt::format(", inside output.chunks[{}]", chunks_);
  if (in_chunks_) return place + fmt::format(", inside output.chunks behind {} of them", chunks_);
  if (in_output_) return place + ", inside output";
  return place;
}

void ResultScanner::between_tokens(char byte) {
  if (is_space(byte)) return;
  switch (expect_) {
    case Expect::value_or_end:
      if (byte == ']') return close('[');
      [[fallthrough]];
    case Expect::value:
      return begin_value(byte);
    case Expect::key_or_end:
      if (byte == '}') return close('{');
      [[fallthrough]];
    case Expect::key:
      if (byte != '"') fail("a key is missing");
      return begin_key();
    case Expect::colon:
      if (byte != ':') fail("a colon is missing");
      expect_ = Expect::value;
      return;
    case Expect::comma_or_end:
      if (byte == '}') return close('{');
      if (byte == ']') return close('[');
      if (byte != ',') fail("a comma is missing");
      expect_ = open_.back() == '{' ? Expect::key : Expect::value;
      return;
    case Expect::nothing:
      fail("something follows the end");
  }
}

void ResultScanner::begin_value(char byte) {
  if (in_chunks_ && open_.size() == 3) turn_to(Sink::chunk, at_);
  if (byte == '{' || byte == '[') return open(byte);
  begin_token(byte);
}

void ResultScanner::begin_token(char byte) {
  const auto begin_literal = [&](std::string_view rest) {
    token_ = Token::literal;
    literal_rest_ = rest;
  };
  if (byte == '"') {
    token_ = Token::string;
    text_bytes_ = 0;
    at_pdf_ = take_pdf_ && in_output_ && open_.size() == 2 && is_key(key_, "pdf_url");
  } else if (byte == 't') {
    begin_literal("rue");
  } else if (byte == 'f') {
    begin_literal("alse");
  } else if (byte == 'n') {
    begin_literal("ull");
  } else if (byte == '-') {
    token_ = Token::minus;
  } else if (byte == '0') {
    token_ = Token::zero;
  } else if (is_digit(byte)) {
    token_ = Token::integer;
  } else {
    fail("a value is missing");
  }
}

void ResultScanner::open(char bracket) {
  if (open_.size() == kDepthMax) fail("nested too deeply");
  const bool at_output = open_.size() == 1 && open_[0] == '{' && is_key(key_, "output");
  const bool at_chunks = open_.size() == 2 && in_output_ && is_key(key_, "chunks");
  open_.push_back(bracket);
  expect_ = bracket == '{' ? Expect::key_or_end : Expect::value_or_end;
  if (at_output && bracket == '{') in_output_ = true;
  if (at_chunks && bracket == '[') {
    in_chunks_ = chunks_seen_ = true;
    turn_to(Sink::nowhere, at_ + 1);
  }
}

void ResultScanner::close(char bracket) {
  if (open_.back() != bracket) fail("the wrong bracket is closed");
  if (in_chunks_ && open_.size() == 3) {
    in_chunks_ = false;
    turn_to(Sink::skeleton, at_);
  }
  open_.pop_back();
  if (open_.size() == 1) in_output_ = false;
  end_value(at_ + 1);
}

void ResultScanner::begin_key() {
  token_ = Token::string;
  in_key_ = true;
  if (open_.size() == 1 || (open_.size() == 2 && in_output_)) key_.clear();
}

void ResultScanner::end_key() {
  in_key_ = false;
  expect_ = Expect::colon;
  if (open_.size() == 1 && is_key(key_, "output") && std::exchange(output_seen_, true))
    fail("output is there twice");
  if (open_.size() == 2 && in_output_ && is_key(key_, "chunks") && std::exchange(chunks_key_seen_, true))
    fail("output.chunks is there twice");
}

// From the current byte to the end of the string, its next escape, or the end of the piece.
void ResultScanner::skim_string() {
  const std::size_t begin = at_;
  const auto special = [](char byte) {
    return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
  };
  while (at_ < piece_.size() && !special(piece_[at_])) ++at_;
  keep_key(piece_.substr(begin, at_ - begin));
  if (!in_key_ && (sink_ == Sink::skeleton || text_bytes_ > kTextBytesMax)) keep_text(begin);
  if (at_ == piece_.size()) return;
  if (piece_[at_] == '\\') {
    keep_key("\\");
    if (at_pdf_ && !in_key_) take_pdf_("\\");
    token_ = Token::escape;
  } else if (piece_[at_] != '"') {
    fail("a control character in a string");
  } else {
    token_ = Token::none;
    if (!in_key_ && text_bytes_ > kTextBytesMax && sink_ == Sink::nowhere) turn_to(Sink::skeleton, at_);
    at_pdf_ = false;
    in_key_ ? end_key() : end_value(at_ + 1);
  }
}

void ResultScanner::keep_key(std::string_view raw) {
  if (in_key_ && (open_.size() == 1 || (open_.size() == 2 && in_output_))) key_ += raw;
}

// From `begin` to the current byte: more of a string in the skeleton. What is over its limit goes nowhere.
void ResultScanner::keep_text(std::size_t begin) {
  if (at_pdf_) take_pdf_(piece_.substr(begin, at_ - begin));
  const std::size_t before = text_bytes_;
  text_bytes_ += at_ - begin;
  if (text_bytes_ <= kTextBytesMax || sink_ != Sink::skeleton) return;
  std::size_t cut = begin + (before < kTextBytesMax ? kTextBytesMax - before : 0);
  // Not inside a character.
  while (cut < at_ && (static_cast<unsigned char>(piece_[cut]) & 0xC0) == 0x80) ++cut;
  if (cut < at_) turn_to(Sink::nowhere, cut);
}

void ResultScanner::escape(char byte) {
  keep_key({&byte, 1});
  if (at_pdf_ && !in_key_) take_pdf_({&byte, 1});
  if (token_ == Token::unicode) {
    if (!is_hex(byte)) fail("a wrong escape in a string");
    if (++unicode_digits_ == 4) token_ = Token::string;
  } else if (byte == 'u') {
    token_ = Token::unicode;
    unicode_digits_ = 0;
  } else if (std::string_view("\"\\/bfnrt").find(byte) != std::string_view::npos) {
    token_ = Token::string;
  } else {
    fail("a wrong escape in a string");
  }
}

void ResultScanner::literal(char byte) {
  if (byte != literal_rest_.front()) fail("neither true, false nor null");
  literal_rest_.remove_prefix(1);
  if (!literal_rest_.empty()) return;
  token_ = Token::none;
  end_value(at_ + 1);
}

// False when the byte is no longer part of the number.
bool ResultScanner::number(char byte) {
  const auto turn = [&](Token next) {
    token_ = next;
    return true;
  };
  const bool digit = is_digit(byte);
  const bool exponent = byte == 'e' || byte == 'E';
  switch (token_) {
    case Token::minus:
      if (digit) return turn(byte == '0' ? Token::zero : Token::integer);
      fail("a number without digits");
    case Token::integer:
      if (digit) return true;
      [[fallthrough]];
    case Token::zero:
      if (byte == '.') return turn(Token::point);
      if (exponent) return turn(Token::exponent);
      break;
    case Token::point:
      if (digit) return turn(Token::fraction);
      fail("a number without digits behind its point");
    case Token::fraction:
      if (digit) return true;
      if (exponent) return turn(Token::exponent);
      break;
    case Token::exponent:
      if (byte == '+' || byte == '-') return turn(Token::exponent_sign);
      [[fallthrough]];
    case Token::exponent_sign:
      if (digit) return turn(Token::exponent_digits);
      fail("a number without digits in its exponent");
    default:
      if (digit) return true;
  }
  token_ = Token::none;
  end_value(at_);
  return false;
}

// `end` is behind the value's last byte, in the piece.
void ResultScanner::end_value(std::size_t end) {
  expect_ = open_.empty() ? Expect::nothing : Expect::comma_or_end;
  if (!in_chunks_ || open_.size() != 3) return;
  turn_to(Sink::nowhere, end);
  take_chunk_(chunk_);
  chunk_.clear();
  ++chunks_;
}

// Bytes from `at` on go to `sink`.
void ResultScanner::turn_to(Sink sink, std::size_t at) {
  collect(piece_.substr(run_, at - run_));
  run_ = at;
  sink_ = sink;
}

void ResultScanner::collect(std::string_view bytes) {
  if (sink_ == Sink::nowhere) return;
  std::string& text = sink_ == Sink::chunk ? chunk_ : skeleton_;
  const std::size_t bytes_max = sink_ == Sink::chunk ? kChunkBytesMax : kSkeletonBytesMax;
  if (text.size() + bytes.size() > bytes_max)
    throw BrokenResult(fmt::format("over {} MiB at {}", bytes_max >> 20, where()));
  text += bytes;
}

void ResultScanner::fail(std::string_view reason) const {
  throw BrokenResult(fmt::format("not JSON: {} at {}", reason, where()));
}

}  // namespace chunkrd::artifacts
