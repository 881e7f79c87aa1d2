#include "taskapi/task.h"

#include <array>
#include <utility>

namespace chunkrd::taskapi {
namespace {

constexpr std::array<std::pair<Status, std::string_view>, 5> kNames{{
    {Status::Starting, "Starting"},
    {Status::Processing, "Processing"},
    {Status::Succeeded, "Succeeded"},
    {Status::Failed, "Failed"},
    {Status::Cancelled, "Cancelled"},
}};

}  // namespace

std::string_view to_string(Status status) noexcept {
  for (const auto& [known, name] : kNames)
    if (known == status) return name;
  return "";
}

std::optional<Status> status_from(std::string_view text) noexcept {
  for (const auto& [status, name] : kNames)
    if (name == text) return status;
  return std::nullopt;
}

}  // namespace chunkrd::taskapi
