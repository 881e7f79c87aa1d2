#include "local/server/route.h"

#include <algorithm>

#include "local/server/query.h"
#include "local/server/signer.h"

namespace chunkrd::local::server {
namespace {

constexpr std::string_view kTaskPrefix = "/api/v1/task/";

}  // namespace

Route route_of(const Request& request) {
  const std::string_view path = request.path;
  const bool is_get = request.method == "GET";
  if (path == "/" || path == "/health") return {is_get ? Operation::health : Operation::unknown, {}, {}};
  if (path == "/api/v1/tasks" && is_get) return {Operation::list, {}, {}};
  if (path == "/_chunkr-local/statistics" && is_get) return {Operation::statistics, {}, {}};
  if (path == "/api/v1/task/parse" && request.method == "POST") return {Operation::create, {}, {}};
  if (path.starts_with(kStoragePrefix) && is_get) {
    const auto rest = path.substr(kStoragePrefix.size());
    const auto slash = std::min(rest.find('/'), rest.size());
    return {Operation::download, percent_decoded(rest.substr(0, slash)),
            percent_decoded(rest.substr(std::min(slash + 1, rest.size())))};
  }
  if (!path.starts_with(kTaskPrefix)) return {};
  const auto rest = path.substr(kTaskPrefix.size());
  const auto slash = std::min(rest.find('/'), rest.size());
  const auto verb = rest.substr(slash);
  Route route{Operation::unknown, percent_decoded(rest.substr(0, slash)), {}};
  if (route.id.empty()) return route;
  if (verb.empty() && is_get) route.operation = Operation::get;
  if (verb.empty() && request.method == "DELETE") route.operation = Operation::remove;
  if (verb == "/parse" && request.method == "PATCH") route.operation = Operation::update;
  if (verb == "/cancel" && is_get) route.operation = Operation::cancel;
  return route;
}

}  // namespace chunkrd::local::server
