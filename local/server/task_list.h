#pragma once

#include "local/server/answer.h"
#include "local/server/options.h"
#include "local/server/rules.h"
#include "local/server/store.h"
#include "local/server/task_answer.h"

namespace chunkrd::local::server {

/// GET /api/v1/tasks: of servers of the contract an array, by pages; of later ones an object, by a cursor.
/// Event-loop thread only.
class TaskList {
 public:
  TaskList(Store& store, Rules& rules, const TaskAnswers& answers, Dialect dialect)
      : store_(store), rules_(rules), answers_(answers), dialect_(dialect) {}

  /// `view`: as the request's host and time have it. Throws BadQuery.
  Answer answer(const Request& request, View view);

 private:
  Answer pages(const Request& request, ListFilter filter, View view);
  Answer by_cursor(const Request& request, ListFilter filter, View view);
  /// Without those that a rule hides.
  std::vector<std::string> shown(std::vector<std::string> ids);

  Store& store_;
  Rules& rules_;
  const TaskAnswers& answers_;
  Dialect dialect_;
};

}  // namespace chunkrd::local::server
