#include "local/server/upload.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/basic_parser_impl.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_stack.hpp>
#include <limits>
#include <set>

#include "core/base64.h"
#include "core/durable.h"
#include "core/fd.h"
#include "local/server/form.h"

namespace chunkrd::local::server {
namespace {

namespace json = boost::json;
using ErrorCode = json::error_code;

/// Everything of a body but the document: generous for settings, nothing for an attack on memory.
constexpr std::size_t kSettingsBytesMax = 1 << 20;
constexpr std::size_t kUrlBytesMax = 64 << 10;
constexpr std::size_t kDataUrlHeadBytesMax = 4 << 10;
constexpr std::size_t kWriteBytes = 256 << 10;
constexpr std::size_t kDepthMax = 128;

/// The field names that the server's CreateForm has: one of them twice is an error there, any other is not.
constexpr std::array<std::string_view, 11> kFields = {"file",
                                                      "file_name",
                                                      "expires_in",
                                                      "high_resolution",
                                                      "ocr_strategy",
                                                      "segmentation_strategy",
                                                      "error_handling",
                                                      "pipeline",
                                                      "chunk_processing",
                                                      "segment_processing",
                                                      "llm_processing"};

/// Takes the text of `file` in pieces: a URL is kept, base64 is decoded into a file.
class FileText {
 public:
  explicit FileText(std::filesystem::path path) : path_(std::move(path)) {}

  void add(std::string_view text) {
    if (kind_ == Kind::undecided) {
      head_ += text;
      decide();
    } else if (kind_ == Kind::url) {
      head_ += text;
      if (head_.size() > kUrlBytesMax) kind_ = Kind::undecodable;
    } else if (kind_ == Kind::base64) {
      decode(text);
    }
  }

  void finish(Upload& upload) {
    if (kind_ == Kind::undecided) {
      kind_ = head_.starts_with("data:") ? Kind::undecodable : Kind::base64;
      if (kind_ == Kind::base64) decode(head_);
    }
    if (kind_ == Kind::base64 && !decoder_.is_complete()) kind_ = Kind::undecodable;
    if (kind_ == Kind::base64) flush();
    upload.file = kind_ == Kind::url      ? Upload::File::url
                  : kind_ == Kind::base64 ? Upload::File::document
                                          : Upload::File::undecodable;
    if (kind_ == Kind::url) upload.url = head_;
  }

 private:
  enum class Kind { undecided, url, base64, undecodable };

  /// Waits until what came tells a URL, a data URL's head and plain base64 apart.
  void decide() {
    constexpr std::size_t kLongestPrefix = 8;  // "https://"
    if (head_.starts_with("http://") || head_.starts_with("https://")) {
      kind_ = Kind::url;
    } else if (head_.starts_with("data:")) {
      const auto comma = head_.find(',');
      if (comma == std::string::npos) {
        if (head_.size() > kDataUrlHeadBytesMax) kind_ = Kind::undecodable;
        return;
      }
      const bool is_base64 = std::string_view(head_).substr(0, comma).ends_with(";base64");
      kind_ = is_base64 ? Kind::base64 : Kind::undecodable;
      if (is_base64) decode(std::string_view(head_).substr(comma + 1));
    } else if (head_.size() >= kLongestPrefix) {
      kind_ = Kind::base64;
      decode(head_);
    }
  }

  void decode(std::string_view text) {
    if (!decoder_.add(text, bytes_)) {
      kind_ = Kind::undecodable;
      bytes_.clear();
    } else if (bytes_.size() >= kWriteBytes) {
      flush();
    }
  }

  void flush() {
    if (!file_) file_ = durable::open(path_, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, 0600);
    durable::write_all(file_.get(), bytes_, path_);
    bytes_.clear();
  }

  std::filesystem::path path_;
  Kind kind_ = Kind::undecided;
  std::string head_;
  Base64Decoder decoder_;
  std::string bytes_;
  FileDescriptor file_;
};

/// Takes the parser's events: `file` at the top goes one way, everything else into a JSON value.
struct Handler {
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_key_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_string_size = std::numeric_limits<std::size_t>::max();

  explicit Handler(std::filesystem::path document) : file(std::move(document)) {}

  bool fail(ErrorCode& ec, std::string why) {
    error = std::move(why);
    ec = json::error::syntax;
    return false;
  }
  bool spend(std::size_t bytes, ErrorCode& ec) {
    settings_bytes += bytes + sizeof(json::value);
    if (settings_bytes <= kSettingsBytesMax) return true;
    return fail(ec, fmt::format("settings are larger than {} bytes", kSettingsBytesMax));
  }
  bool at_top_value() const { return depth == 1 && in_file; }

  /// A value that is not a string where `file` belongs.
  bool check_file_type(const json::value& value, ErrorCode& ec) {
    if (!at_top_value()) return true;
    return fail(ec, fmt::format("invalid type: {}, expected a string", name_of_value(value)));
  }

  bool on_document_begin(ErrorCode&) { return true; }
  bool on_document_end(ErrorCode&) { return true; }

  bool on_object_begin(ErrorCode& ec) {
    if (!check_file_type(json::object{}, ec)) return false;
    ++depth;
    return spend(0, ec);
  }
  bool on_object_end(std::size_t count, ErrorCode&) {
    stack.push_object(count - (depth == 1 && has_file ? 1 : 0));
    --depth;
    return true;
  }
  bool on_array_begin(ErrorCode& ec) {
    if (!check_file_type(json::array{}, ec)) return false;
    ++depth;
    return spend(0, ec);
  }
  bool on_array_end(std::size_t count, ErrorCode&) {
    stack.push_array(count);
    --depth;
    return true;
  }

  bool on_key_part(std::string_view part, std::size_t, ErrorCode& ec) {
    key += part;
    return spend(part.size(), ec);
  }
  bool on_key(std::string_view part, std::size_t, ErrorCode& ec) {
    key += part;
    in_file = depth == 1 && key == "file";
    const bool is_field = depth == 1 && std::ranges::find(kFields, key) != kFields.end();
    if (is_field && !fields_seen.insert(key).second) return fail(ec, "duplicate field `" + key + "`");
    has_file = has_file || in_file;
    if (!in_file) stack.push_key(key);
    key.clear();
    return spend(part.size(), ec);
  }

  bool on_string_part(std::string_view part, std::size_t, ErrorCode& ec) {
    if (at_top_value()) {
      file.add(part);
      return true;
    }
    stack.push_chars(part);
    return spend(part.size(), ec);
  }
  bool on_string(std::string_view part, std::size_t, ErrorCode& ec) {
    if (at_top_value()) {
      file.add(part);
      in_file = false;
      return true;
    }
    stack.push_string(part);
    return spend(part.size(), ec);
  }

  bool on_number_part(std::string_view, ErrorCode&) { return true; }
  bool on_int64(std::int64_t value, std::string_view, ErrorCode& ec) {
    if (!check_file_type(value, ec)) return false;
    stack.push_int64(value);
    return spend(0, ec);
  }
  bool on_uint64(std::uint64_t value, std::string_view, ErrorCode& ec) {
    if (!check_file_type(value, ec)) return false;
    stack.push_uint64(value);
    return spend(0, ec);
  }
  bool on_double(double value, std::string_view, ErrorCode& ec) {
    if (!check_file_type(value, ec)) return false;
    stack.push_double(value);
    return spend(0, ec);
  }
  bool on_bool(bool value, ErrorCode& ec) {
    if (!check_file_type(value, ec)) return false;
    stack.push_bool(value);
    return spend(0, ec);
  }
  bool on_null(ErrorCode& ec) {
    if (!check_file_type(nullptr, ec)) return false;
    stack.push_null();
    return spend(0, ec);
  }
  bool on_comment_part(std::string_view, ErrorCode&) { return true; }
  bool on_comment(std::string_view, ErrorCode&) { return true; }

  FileText file;
  json::value_stack stack;
  std::string key;
  std::string error;
  std::set<std::string, std::less<>> fields_seen;
  std::size_t depth = 0;
  std::size_t settings_bytes = 0;
  bool in_file = false;  // the value that comes is that of the top-level `file`
  bool has_file = false;
};

json::parse_options options() {
  json::parse_options options;
  options.max_depth = kDepthMax;
  return options;
}

std::string wording(const ErrorCode& ec) {
  if (ec == json::error::incomplete) return "EOF while parsing a value";
  if (ec == json::error::extra_data) return "trailing characters";
  if (ec == json::error::too_deep) return "recursion limit exceeded";
  if (ec == json::error::exponent_overflow) return "number out of range";
  return "expected value";
}

}  // namespace

BadBody Upload::bad(std::string_view what) const {
  return BadBody(fmt::format("Json deserialize error: {}{}", what, position));
}

class UploadReader::Parser {
 public:
  explicit Parser(std::filesystem::path document) : parser_(options(), std::move(document)) {
    parser_.handler().stack.reset();
  }

  void add(std::string_view piece) {
    ErrorCode ec;
    const bool is_wanted = !piece.empty() && !parser_.done();
    const std::size_t used = is_wanted ? parser_.write_some(true, piece.data(), piece.size(), ec) : 0;
    count(piece.substr(0, used));
    if (!ec && used < piece.size()) {
      const auto rest = piece.substr(used);
      if (rest.find_first_not_of(" \t\r\n") != std::string_view::npos) ec = json::error::extra_data;
      count(rest);
    }
    check(ec);
  }

  Upload finish() {
    ErrorCode ec;
    if (!parser_.done()) {
      parser_.write_some(false, "", 0, ec);
      check(ec);
    }
    Upload upload;
    upload.position = position();
    json::value body = parser_.handler().stack.release();
    if (!body.is_object()) {
      throw upload.bad(fmt::format("invalid type: {}, expected struct CreateForm", name_of_value(body)));
    }
    if (parser_.handler().has_file) parser_.handler().file.finish(upload);
    upload.settings = std::move(body.get_object());
    return upload;
  }

 private:
  void count(std::string_view text) {
    const auto lines = std::ranges::count(text, '\n');
    if (lines > 0) {
      line_ += static_cast<std::uint64_t>(lines);
      column_ = text.size() - text.rfind('\n') - 1;
    } else {
      column_ += text.size();
    }
  }
  std::string position() const { return fmt::format(" at line {} column {}", line_, column_); }

  void check(const ErrorCode& ec) const {
    if (!ec) return;
    const std::string& own = parser_.handler().error;
    throw BadBody(fmt::format("Json deserialize error: {}{}", own.empty() ? wording(ec) : own, position()));
  }

  json::basic_parser<Handler> parser_;
  std::uint64_t line_ = 1;
  std::uint64_t column_ = 0;
};

UploadReader::UploadReader(std::filesystem::path document)
    : parser_(std::make_unique<Parser>(std::move(document))) {}
UploadReader::~UploadReader() = default;
UploadReader::UploadReader(UploadReader&&) noexcept = default;

void UploadReader::add(std::string_view piece) {
  parser_->add(piece);
}
Upload UploadReader::finish() {
  return parser_->finish();
}

}  // namespace chunkrd::local::server
