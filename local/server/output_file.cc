#include "local/server/output_file.h"

#include <algorithm>
#include <boost/json/basic_parser_impl.hpp>
#include <limits>
#include <utility>

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;
using ErrorCode = json::error_code;

/// Only asks whether the text is JSON.
struct Ignore {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;
  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }
  bool on_object_begin(ErrorCode&) { return true; }
  bool on_object_end(std::size_t, ErrorCode&) { return true; }
  bool on_array_begin(ErrorCode&) { return true; }
  bool on_array_end(std::size_t, ErrorCode&) { return true; }
  bool on_key_part(std::string_view, std::size_t, ErrorCode&) { return true; }
  bool on_key(std::string_view, std::size_t, ErrorCode&) { return true; }
  bool on_string_part(std::string_view, std::size_t, ErrorCode&) { return true; }
  bool on_string(std::string_view, std::size_t, ErrorCode&) { return true; }
  bool on_number_part(std::string_view, ErrorCode&) { return true; }
  bool on_int64(std::int64_t, std::string_view, ErrorCode&) { return true; }
  bool on_uint64(std::uint64_t, std::string_view, ErrorCode&) { return true; }
  bool on_double(double, std::string_view, ErrorCode&) { return true; }
  bool on_bool(bool, ErrorCode&) { return true; }
  bool on_null(ErrorCode&) { return true; }
  bool on_comment_part(std::string_view, ErrorCode&) { return true; }
  bool on_comment(std::string_view, ErrorCode&) { return true; }
};

/// Finds where the values of the top-level fields `chunks` and `page_count` stand in text that is JSON.
class Finder {
 public:
  void add(std::string_view text) {
    for (const char c : text) {
      if (in_string_) {
        string_char(c);
      } else {
        structure_char(c);
      }
      ++offset_;
    }
  }

  std::optional<Output> found() const {
    if (output_.chunks_bytes == 0) return std::nullopt;
    return output_;
  }

 private:
  void string_char(char c) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    } else if (depth_ == 1 && text_.size() < kNameBytesMax) {
      text_ += c;
    }
  }

  void structure_char(char c) {
    switch (c) {
      case '"':
        in_string_ = true;
        text_.clear();
        break;
      case ':':
        if (depth_ == 1) key_ = std::exchange(text_, {});
        break;
      case '{':
      case '[':
        if (++depth_ == 2 && c == '[' && key_ == "chunks") output_.chunks_offset = offset_;
        break;
      case '}':
      case ']':
        if (--depth_ == 1 && c == ']' && key_ == "chunks") {
          output_.chunks_bytes = offset_ + 1 - output_.chunks_offset;
        }
        break;
      default:
        if (depth_ == 1 && key_ == "page_count" && c >= '0' && c <= '9' && output_.page_count < kPagesMax) {
          output_.page_count = output_.page_count * 10 + (c - '0');
        }
    }
    if (c == ',' && depth_ == 1) key_.clear();
  }

  static constexpr std::size_t kNameBytesMax = 16;
  static constexpr int kPagesMax = 10'000'000;

  Output output_;
  std::string key_;
  std::string text_;
  std::uint64_t offset_ = 0;
  int depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

/// Gives the chunks' text and puts the images' texts into it.
class Chunks final : public BodySource {
 public:
  Chunks(std::unique_ptr<BodySource> text, ImageText image_text)
      : text_(std::move(text)), image_text_(std::move(image_text)) {}

  bool next(std::string& piece) override {
    while (true) {
      if (image_) {
        if (image_->next(piece)) return true;
        image_.reset();
      }
      if (take(piece)) return true;
      if (image_) continue;
      std::string more;
      if (!text_->next(more)) {
        piece = std::exchange(pending_, {});
        return !piece.empty();
      }
      pending_ += more;
    }
  }

 private:
  static constexpr std::string_view kMark = "chunkr-local:images/";
  static constexpr std::size_t kNameBytesMax = 255;

  static bool is_name_char(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
  }

  /// Moves what can be sent from `pending_` to `piece`, up to the next image at most. False: needs more text.
  bool take(std::string& piece) {
    const std::size_t mark = pending_.find(kMark);
    if (mark == std::string::npos) {
      if (pending_.size() < kMark.size()) return false;
      give(pending_.size() - kMark.size() + 1, piece);
      return true;
    }
    const auto name_begin = pending_.begin() + static_cast<std::ptrdiff_t>(mark + kMark.size());
    const auto name_end = std::find_if_not(name_begin, pending_.end(), is_name_char);
    const auto name_bytes = static_cast<std::size_t>(name_end - name_begin);
    if (name_end == pending_.end() && name_bytes <= kNameBytesMax) return false;
    image_ = name_bytes <= kNameBytesMax ? image_text_({name_begin, name_end}) : nullptr;
    if (!image_) {
      give(mark + kMark.size(), piece);
      return true;
    }
    give(mark, piece);
    pending_.erase(0, kMark.size() + name_bytes);
    return !piece.empty();
  }

  void give(std::size_t bytes, std::string& piece) {
    piece = pending_.substr(0, bytes);
    pending_.erase(0, bytes);
  }

  std::unique_ptr<BodySource> text_;
  ImageText image_text_;
  std::unique_ptr<BodySource> image_;
  std::string pending_;
};

}  // namespace

std::optional<Output> inspect_output(StoredFile output_json) {
  const auto file = file_source(std::move(output_json));
  json::basic_parser<Ignore> parser{json::parse_options()};
  Finder finder;
  std::string block;
  ErrorCode error;
  while (!error && file->next(block)) {
    if (parser.write_some(true, block.data(), block.size(), error) != block.size()) return std::nullopt;
    finder.add(block);
  }
  if (!error && !parser.done()) parser.write_some(false, "", 0, error);
  if (error) return std::nullopt;
  return finder.found();
}

std::unique_ptr<BodySource> chunks_source(StoredFile output_json, const Output& output,
                                          ImageText image_text) {
  return std::make_unique<Chunks>(
      file_source(std::move(output_json), output.chunks_offset, output.chunks_bytes), std::move(image_text));
}

}  // namespace chunkrd::local::server
