#pragma once

#include <boost/json/object.hpp>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace chunkrd::local::server {

/// A body that is no JSON of the right shape: 400 with this text, "Json deserialize error: ...".
class BadBody : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a request's JSON body held.
struct Upload {
  enum class File {
    absent,      ///< no `file` field
    document,    ///< decoded into the file the reader was given
    url,         ///< `url` is to be fetched
    undecodable  ///< neither a URL nor base64
  };
  File file = File::absent;
  std::string url;
  boost::json::object settings;  ///< all the other fields
  std::string position;          ///< " at line 1 column 2": the end of the body, for messages

  /// A wrong setting found later, worded as the body reader words it.
  BadBody bad(std::string_view what) const;
};

/// Reads a JSON body in pieces without ever holding it: the top-level string `file` is decoded from base64
/// straight into a file, the rest must be small.
class UploadReader {
 public:
  /// `document` is created or truncated when the first byte of it comes; whoever calls removes it.
  explicit UploadReader(std::filesystem::path document);
  ~UploadReader();
  UploadReader(UploadReader&&) noexcept;

  /// Throws BadBody at the first thing that is wrong; std::system_error when the disk is full.
  void add(std::string_view piece);

  /// Throws BadBody.
  Upload finish();

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace chunkrd::local::server
