#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "artifacts/result_scanner.h"
#include "taskapi/task.h"

namespace chunkrd::artifacts {

/// Reads the result file `result` through: every chunk goes to `take`, in order; answers with the task.
/// What stands at `output.pdf_url` also goes to `take_pdf` (may be empty), see ResultScanner. Memory follows
/// the largest chunk. Blocking: file pool. Throws std::system_error, and BrokenResult.
taskapi::Task read_through(const std::filesystem::path& result,
                           const std::function<void(taskapi::Chunk)>& take,
                           std::function<void(std::string_view)> take_pdf = {});

/// The segments of a result in reading order. Chunking may put a segment (a caption, say) at the end of one
/// chunk and at the begin of the next: it is told of once.
class OneAfterAnother {
 public:
  bool is_new(const taskapi::Segment& segment);

 private:
  std::string last_id_, last_content_;
  std::optional<std::string> last_markdown_;
};

}  // namespace chunkrd::artifacts
