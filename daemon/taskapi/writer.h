#pragma once

#include <string>
#include <string_view>

#include "taskapi/client.h"

/// Writes what is sent to the service. Pure; any thread.
namespace chunkrd::taskapi {

/// The JSON of a create around the document's base64.
struct CreateFrame {
  std::string before;  ///< {"file":"
  std::string after;   ///< ","file_name":"report.pdf","ocr_strategy":"All"}
};

/// The settings' text is kept as it is. Throws std::invalid_argument if `settings` is not a JSON object, or
/// has a `file` or `file_name` of its own.
CreateFrame create_frame(std::string_view file_name, std::string_view settings);

/// "/api/v1/task/{task_id}"; whatever an id holds, it stays one segment of the path.
std::string task_path(std::string_view task_id);

/// "/api/v1/tasks?page=1&limit=100&..."
std::string list_target(const ListQuery& query);

}  // namespace chunkrd::taskapi
