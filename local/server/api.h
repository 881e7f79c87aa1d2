#pragma once

#include <functional>
#include <string>

#include "core/async.h"
#include "local/server/answer.h"
#include "local/server/door.h"
#include "local/server/fetcher.h"
#include "local/server/folders.h"
#include "local/server/form.h"
#include "local/server/options.h"
#include "local/server/route.h"
#include "local/server/rules.h"
#include "local/server/signer.h"
#include "local/server/statistics.h"
#include "local/server/store.h"
#include "local/server/task_answer.h"
#include "local/server/task_list.h"
#include "local/server/upload.h"
#include "local/server/workers.h"

namespace chunkrd::local::server {

/// Everything that answers need.
struct World {
  const Options& options;
  Store& store;
  const Folders& folders;
  const Signer& signer;
  Rules& rules;
  Workers& workers;
  const Door& door;
  Fetcher& fetcher;
  Executor blocking;  ///< where a document is looked into
};

/// The contract's operations: a request in, an answer out. Event-loop thread only.
class Api {
 public:
  explicit Api(World world);

  /// Never throws for what a client or the disk did wrong: that is an answer. Throws
  /// boost::system::system_error when the client goes away while its body is read.
  awaitable<Answer> answer(const Request& request, RequestBody& body);

 private:
  struct Body;
  awaitable<Answer> route(const Request& request, const Route& route, RequestBody& body);
  std::optional<Answer> refuse_access(const Request& request, const Route& route) const;
  awaitable<Body> read_body(const Request& request, RequestBody& body) const;

  Answer perform(const Request& request, const Route& route, const RequestEffect& effect);
  awaitable<Answer> create(const Request& request, Body& body);
  awaitable<std::optional<Answer>> fetch(Body& body);
  Answer update(const Request& request, const Route& route, Body& body);
  Answer get(const Request& request, const Route& route, const RequestEffect& effect);
  Answer cancel(const Route& route);
  Answer remove(const Route& route);
  bool forget(const std::string& id);
  Answer download(const Request& request, const Route& route) const;
  Answer statistics() const;

  RequestFacts facts_of(const Request& request, const Route& route, const std::optional<Task>& task) const;
  View view_of(const Request& request) const;
  Answer task_answer(const Task& task, const View& view) const;
  FormRules form_rules() const;

  World world_;
  TaskAnswers answers_;
  TaskList list_;
  Statistics statistics_;
};

}  // namespace chunkrd::local::server
