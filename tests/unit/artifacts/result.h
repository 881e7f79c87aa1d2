#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

/// Small results that tests write by hand.
namespace chunkrd::artifacts::test {

inline std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// `members`: further members of the segment, as JSON.
inline std::string segment(const std::string& id, const std::string& type, const std::string& members) {
  return R"({"bbox":{"left":1.5,"top":2,"width":3,"height":4},"page_number":2,"page_width":595,"page_height":842,)"
         R"("segment_type":")" +
         type + R"(","segment_id":")" + id + "\"" + (members.empty() ? "" : "," + members) + "}";
}

inline std::string chunk(const std::string& segments, const std::string& members = R"("chunk_id":"c1")") {
  return R"({"chunk_length":7,"segments":[)" + segments + "]," + members + "}";
}

inline std::string result(const std::string& chunks, const std::string& pdf_url = "null") {
  return R"({"status":"Succeeded","output":{"page_count":2,"file_name":"a.pdf","pdf_url":)" + pdf_url +
         R"(,"chunks":[)" + chunks +
         R"(]},"task_id":"task-1","message":"","created_at":"2025-04-24T09:00:00Z","configuration":{}})";
}

}  // namespace chunkrd::artifacts::test
