#pragma once

#include <string>

#include "local/server/answer.h"
#include "local/server/rules.h"

namespace chunkrd::local::server {

/// What a request's method and path ask for.
struct Route {
  Operation operation = Operation::unknown;
  std::string id;    ///< of a task
  std::string name;  ///< of a download: everything after the task
};
Route route_of(const Request& request);

}  // namespace chunkrd::local::server
