#include "local/server/task_list.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <limits>

#include "core/iso_time.h"
#include "local/server/query.h"

namespace chunkrd::local::server {
namespace {

Answer json_answer(std::unique_ptr<BodySource> source) {
  Answer answer;
  answer.content_type = "application/json";
  answer.source = std::move(source);
  return answer;
}

}  // namespace

Answer TaskList::answer(const Request& request, View view) {
  if (flag_parameter(request.query, "include_chunks", "false")) view.chunks = View::Chunks::include;
  if (flag_parameter(request.query, "base64_urls", "false")) view.files = View::Files::as_base64;
  const ListFilter filter{.start = time_parameter(request.query, "start"),
                          .end = time_parameter(request.query, "end")};
  return dialect_ == Dialect::v2 ? by_cursor(request, filter, std::move(view))
                                 : pages(request, filter, std::move(view));
}

Answer TaskList::pages(const Request& request, ListFilter filter, View view) {
  const auto page = integer_parameter(request.query, "page");
  const auto limit = integer_parameter(request.query, "limit");
  if (page && !limit) return text_answer(400, "Limit is required when page is provided");
  if (limit) {
    if (*limit < 0) return text_answer(500, "db error: ERROR: LIMIT must not be negative");
    if (page && *page < 1) return text_answer(500, "db error: ERROR: OFFSET must not be negative");
    filter.limit = *limit;
    const auto skipped = page.value_or(1) - 1;
    const bool is_beyond = *limit > 0 && skipped > std::numeric_limits<std::int64_t>::max() / *limit;
    filter.offset = is_beyond ? std::numeric_limits<std::int64_t>::max() : skipped * *limit;
  }
  auto found = shown(store_.list(filter, view.now));
  return json_answer(answers_.list(std::move(found), std::move(view), store_));
}

// The cursor is the time of the last one, and what follows is older: of several tasks of one millisecond at a
// page's end the rest is stepped over, as by servers that do it so. `page` is not known.
Answer TaskList::by_cursor(const Request& request, ListFilter filter, View view) {
  const auto limit = integer_parameter(request.query, "limit");
  if (limit && *limit < 1) return text_answer(400, "limit must be at least 1");
  if (const auto cursor = time_parameter(request.query, "cursor"))
    filter.end = std::min(filter.end.value_or(*cursor), *cursor - std::chrono::milliseconds(1));
  if (limit) filter.limit = std::min(*limit, std::numeric_limits<std::int64_t>::max() - 1) + 1;
  auto found = store_.list(filter, view.now);
  std::string next = R"("has_more":false,"next_cursor":null)";
  if (limit && found.size() > static_cast<std::size_t>(*limit)) {
    found.pop_back();
    const auto last = store_.find(found.back());
    if (last) next = fmt::format(R"("has_more":true,"next_cursor":"{}")", to_iso(last->created_at));
  }
  std::vector<std::unique_ptr<BodySource>> parts;
  parts.push_back(text_source(R"({"tasks":)"));
  parts.push_back(answers_.list(shown(std::move(found)), std::move(view), store_));
  parts.push_back(text_source("," + next + "}"));
  return json_answer(joined_source(std::move(parts)));
}

std::vector<std::string> TaskList::shown(std::vector<std::string> ids) {
  const auto hidden = rules_.hidden_names();
  if (hidden.empty()) return ids;
  std::erase_if(ids, [&](const std::string& id) {
    const auto task = store_.find(id);
    return !task || std::ranges::any_of(hidden, [&](const std::string& glob) {
      return fnmatch(glob.c_str(), task->file_name.c_str(), 0) == 0;
    });
  });
  return ids;
}

}  // namespace chunkrd::local::server
