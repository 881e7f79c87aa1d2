#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::artifacts {

/// A result that cannot be used, and where it is wrong.
class BrokenResult : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Takes a TaskResponse apart while it comes in, piece by piece: every element of `output.chunks` is handed
/// out as soon as it is whole, and what is left is the skeleton, the same document with an empty array
/// there. So memory follows the largest chunk and never the document.
///
/// A string of the skeleton that is longer than kTextBytesMax is cut there: with `base64_urls` whole files
/// stand in it. What `output.pdf_url` holds is also handed out, as it comes.
///
/// Checks the whole grammar of JSON but not UTF-8 and pairs of surrogates: simdjson does that, on the slices
/// and on the skeleton.
/// Keys come in any order; a second `output` or `output.chunks` is refused, because readers of JSON do not
/// agree on which one counts.
class ResultScanner {
 public:
  static constexpr std::size_t kChunkBytesMax = std::size_t{64} << 20;
  static constexpr std::size_t kSkeletonBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kTextBytesMax = std::size_t{256} << 10;
  static constexpr std::size_t kDepthMax = 512;

  /// `take_chunk` gets one element of `output.chunks`; the text is gone after the call. `take_pdf`, if there
  /// is one, gets the string at `output.pdf_url` piece by piece, raw: with JSON's escapes, without its
  /// quotes.
  explicit ResultScanner(std::function<void(std::string_view)> take_chunk,
                         std::function<void(std::string_view)> take_pdf = {});

  /// The next bytes, cut anywhere. Throws BrokenResult, and what take_chunk throws.
  void feed(std::string_view piece);

  /// The end of the document; gives the skeleton. Throws BrokenResult when it is not complete.
  std::string finish();

  /// Whether `output.chunks` has been there, as an array.
  bool has_chunks() const noexcept { return chunks_seen_; }
  /// Chunks handed out until now.
  std::size_t chunks() const noexcept { return chunks_; }

  /// For messages: "byte 812, inside output.chunks[3]".
  std::string where() const;

 private:
  /// What may come next between two tokens.
  enum class Expect { value, value_or_end, key, key_or_end, colon, comma_or_end, nothing };
  /// The token that the last byte was in; from `minus` on it is a number.
  // clang-format off
  enum class Token {
    none, string, escape, unicode, literal,
    minus, zero, integer, point, fraction, exponent, exponent_sign, exponent_digits,
  };
  // clang-format on
  /// Where the bytes go.
  enum class Sink { skeleton, chunk, nowhere };

  void between_tokens(char byte);
  void begin_value(char byte);
  void begin_token(char byte);
  void open(char bracket);
  void close(char bracket);
  void begin_key();
  void end_key();
  void skim_string();
  void keep_key(std::string_view raw);
  void keep_text(std::size_t begin);
  void escape(char byte);
  void literal(char byte);
  bool number(char byte);
  void end_value(std::size_t end);
  void turn_to(Sink sink, std::size_t at);
  void collect(std::string_view bytes);
  [[noreturn]] void fail(std::string_view reason) const;

  std::function<void(std::string_view)> take_chunk_, take_pdf_;

  std::string_view piece_;
  std::size_t at_ = 0;      ///< in the piece
  std::size_t run_ = 0;     ///< in the piece: where the bytes begin that have not been collected yet
  std::uint64_t past_ = 0;  ///< bytes of all pieces before

  std::vector<char> open_;  ///< '{' and '[' from the outside in
  Expect expect_ = Expect::value;
  Token token_ = Token::none;
  std::string_view literal_rest_;
  int unicode_digits_ = 0;
  bool in_key_ = false;
  std::size_t text_bytes_ = 0;  ///< of the string that is being read, a value of the skeleton
  bool at_pdf_ = false;         ///< that string is output.pdf_url
  std::string key_;             ///< the last one at depth 1, or at depth 2 in output; raw

  bool output_seen_ = false, chunks_key_seen_ = false, chunks_seen_ = false;
  bool in_output_ = false, in_chunks_ = false;

  Sink sink_ = Sink::skeleton;
  std::string skeleton_, chunk_;
  std::size_t chunks_ = 0;
};

}  // namespace chunkrd::artifacts
