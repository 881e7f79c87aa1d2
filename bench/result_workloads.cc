// Reading a downloaded result through, beside simdjson's DOM over the whole file in memory.
#include <fmt/format.h>
#include <simdjson.h>

#include <fstream>

#include "artifacts/artifacts.h"
#include "bench/workload.h"

namespace chunkrd::bench {
namespace {

void write_result(const std::filesystem::path& file, int chunks) {
  std::ofstream out(file, std::ios::binary);
  out << R"({"configuration":{"ocr_strategy":"All"},"created_at":"2025-04-24T09:00:00Z","message":"Task succeeded","output":{"chunks":[)";
  for (int chunk = 0; chunk < chunks; ++chunk) {
    out << (chunk > 0 ? "," : "")
        << fmt::format(R"({{"chunk_id":"chunk-{}","chunk_length":200,"embed":"","segments":[)", chunk);
    for (int segment = 0; segment < 4; ++segment) {
      const std::string text = fmt::format("Paragraph {} of chunk {}: {}", segment, chunk,
                                           std::string(400, 'a' + static_cast<char>(segment)));
      out << (segment > 0 ? "," : "")
          << fmt::format(
                 R"({{"bbox":{{"height":30.5,"left":72,"top":64.25,"width":300}},"confidence":0.97,"content":"{0}","html":"<p>{0}</p>","image":null,"llm":null,"markdown":"{0}","ocr":[],"page_height":842,"page_number":1,"page_width":595,"segment_id":"s-{1}-{2}","segment_type":"Text"}})",
                 text, chunk, segment);
    }
    out << "]}";
  }
  out << R"(],"file_name":"a.pdf","page_count":9,"pdf_url":null},"status":"Succeeded","task_id":"3f1c9c1e"})";
}

}  // namespace

std::vector<Workload> result_workloads(const std::filesystem::path& folder) {
  const auto file = folder / "result.json";
  write_result(file, 900);
  const double mebibytes = static_cast<double>(std::filesystem::file_size(file)) / (1 << 20);
  return {{"read a 5 MB result through", "MiB", "simdjson DOM of the whole file",
           [=] {
             if (!std::holds_alternative<artifacts::Summary>(artifacts::inspect(file)))
               throw std::runtime_error("broken");
             return mebibytes;
           },
           [=] {
             simdjson::dom::parser parser;
             const simdjson::dom::element task = parser.load(file.native());
             if (std::string_view(task["status"]) != "Succeeded") throw std::runtime_error("broken");
             return mebibytes;
           }}};
}

}  // namespace chunkrd::bench
