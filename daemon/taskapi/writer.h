#pragma once

#include <string>
#include <string_view>

#include "taskapi/client.h"

/// Writes what is sent to the service. Pure; any thread.
namespace chunkrd::taskapi {

/// The JSON of a create around the document's base64. For a WebAddress there is nothing in between: one
/// after the other they are all of it.
struct CreateFrame {
  std::string before;  ///< {"file":"
  std::string after;   ///< ","file_name":"report.pdf","ocr_strategy":"All"}
};

/// The settings' text is kept as it is. Throws std::invalid_argument if they are not a JSON object, or have
/// a `file` or `file_name` of their own.
CreateFrame create_frame(const CreateRequest& request);

/// "/api/v1/task/{task_id}"; whatever an id holds, it stays one segment of the path.
std::string task_path(std::string_view task_id);

/// "/api/v1/tasks?page=1&limit=100&..."
std::string list_target(const ListQuery& query);

}  // namespace chunkrd::taskapi
