#include "tests/system/scripted_task.h"

namespace chunkrd::tests {
namespace {

using test::Received;
using test::Reply;

constexpr const char* kTask =
    R"({"task_id":"task-1","status":"Succeeded","message":"","created_at":"2025-04-24T09:00:00Z",)"
    R"("configuration":{},"output":{"chunks":[],"page_count":1}})";

}  // namespace

ScriptedTask::ScriptedTask() {
  server_.otherwise([this](const Received& head) { return answer(head); });
}

Reply ScriptedTask::answer(const Received& head) const {
  if (head.target.starts_with("/files/")) return file(head);
  if (head.target == "/health") return Reply::text(200, "OK - Version scripted");
  if (head.target.starts_with("/api/v1/tasks")) return Reply::json("[]");
  return Reply::json(head.target.find("include_chunks=true") != std::string::npos ? result : kTask);
}

std::string ScriptedTask::segment(int page, const std::string& type, const std::string& members) {
  return R"({"bbox":{"left":60,"top":80,"width":400,"height":40},"page_number":)" + std::to_string(page) +
         R"(,"page_width":595,"page_height":842,"segment_type":")" + type + "\"," + members + "}";
}

}  // namespace chunkrd::tests
