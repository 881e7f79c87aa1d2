#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "local/parser/parse_command.h"
#include "tests/unit/local/parser/scratch_folder.h"

namespace chunkrd::local {

namespace json = boost::json;

/// One run of `chunkr-local parse`, and what it has found.
class ParsedDocument {
 public:
  ParsedDocument(const std::filesystem::path& input, const std::string& configuration) {
    std::filesystem::create_directory(out());
    const json::object order{{"input", input.string()},
                             {"file_name", input.filename().string()},
                             {"configuration", json::parse(configuration)},
                             {"output", out().string()}};
    code_ = run_parse(folder_.write("order.json", json::serialize(order)));
    if (code_ == 0) output_ = json::parse(read_all(out() / "output.json")).as_object();
  }

  std::filesystem::path out() const { return folder_.path() / "out"; }
  int code() const { return code_; }
  std::string error() const { return read_all(out() / "error.txt"); }
  std::int64_t page_count() const { return output_.at("page_count").as_int64(); }

  std::vector<json::object> chunks() const {
    std::vector<json::object> all;
    for (const auto& chunk : output_.at("chunks").as_array()) all.push_back(chunk.as_object());
    return all;
  }

  std::vector<json::object> segments() const {
    std::vector<json::object> all;
    for (const auto& chunk : chunks())
      for (const auto& segment : chunk.at("segments").as_array()) all.push_back(segment.as_object());
    return all;
  }

  /// The texts under `key` of all segments of the type.
  std::vector<std::string> texts(std::string_view type, std::string_view key = "content") const {
    std::vector<std::string> found;
    for (const auto& segment : segments())
      if (segment.at("segment_type").as_string() == type) found.emplace_back(segment.at(key).as_string());
    return found;
  }

 private:
  ScratchFolder folder_;
  int code_ = -1;
  json::object output_;
};

}  // namespace chunkrd::local
