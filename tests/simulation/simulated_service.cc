#include "tests/simulation/simulated_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <fstream>
#include <iterator>
#include <sstream>
#include <utility>

#include "core/iso_time.h"

namespace chunkrd::simulation {
namespace {

using namespace std::chrono_literals;
using taskapi::Accepted;
using taskapi::Answer;
using taskapi::NoAnswer;
using taskapi::Refusal;
using taskapi::Saved;
using taskapi::Status;
using taskapi::Task;
using taskapi::Unreadable;

constexpr Duration kLongestSpell = 1h;

NoAnswer no_answer(NoAnswer::Request request, NoAnswer::Cause cause, const char* message) {
  return {request, cause, message};
}

Refusal refusal(int http_status, const char* text, std::optional<Duration> retry_after = {}) {
  return {.http_status = http_status, .text = text, .retry_after = retry_after, .request_id = {}};
}

std::string read_all(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace

SimulatedService::SimulatedService(SimulatedClock& clock, SeededRandom& random, Weather weather)
    : clock_(clock),
      random_(random),
      weather_(weather),
      outages_(spells(weather.outages, kLongestSpell)),
      revoked_(spells(weather.revoked_keys, kLongestSpell)),
      quota_(spells(weather.quota_gone, kLongestSpell)),
      submits_fail_(spells(weather.submits_fail, kLongestSpell)) {
  make_foreign_tasks(weather.foreign_tasks);
}

void SimulatedService::make_foreign_tasks(int number) {
  for (int i = 0; i < number; ++i) {
    Record task;
    task.foreign = true;
    task.task_id = fmt::format("task-{:016x}", random_.next());
    task.file_name = fmt::format("report-{}.pdf", i);
    task.created_at = task.starts_at = task.ends_at = task.listed_from =
        clock_.now() + Duration(random_.below(Duration(8h).count()));
    add(std::move(task));
  }
}

SimulatedService::Record& SimulatedService::add(Record made) {
  Record& task = tasks_.emplace(made.task_id, made).first->second;
  const auto at =
      std::ranges::lower_bound(newest_first_, task.created_at, std::greater{}, &Record::created_at);
  newest_first_.insert(at, &task);
  return task;
}

std::vector<SimulatedService::Spell> SimulatedService::spells(int number, Duration longest) {
  std::vector<Spell> times;
  for (int i = 0; i < number; ++i) {
    const WallTime from = clock_.now() + Duration(random_.below(Duration(4h).count()));
    times.push_back({from, from + Duration(random_.below(static_cast<std::uint64_t>(longest.count())))});
  }
  return times;
}

bool SimulatedService::within(const std::vector<Spell>& times) const {
  for (const Spell& spell : times)
    if (clock_.now() >= spell.from && clock_.now() < spell.to) return true;
  return false;
}

awaitable<std::optional<std::variant<Refusal, NoAnswer>>> SimulatedService::outage() {
  requests_ += 1;
  co_await clock_.sleep(Duration(1 + random_.below(200)));
  if (!within(outages_)) co_return std::nullopt;
  switch (random_.below(3)) {
    case 0:
      co_return no_answer(NoAnswer::Request::not_sent, NoAnswer::Cause::connect, "refused");
    case 1:
      co_return refusal(503, "no upstream");
    default:
      co_await clock_.sleep(30s);
      co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::timeout, "timeout");
  }
}

// What can befall any request before the service looks at it.
awaitable<std::optional<std::variant<Refusal, NoAnswer>>> SimulatedService::weather() {
  if (auto fault = co_await outage()) co_return fault;
  if (within(revoked_)) co_return refusal(401, "Invalid or inactive API key");
  if (random_.chance(weather_.no_connection))
    co_return no_answer(NoAnswer::Request::not_sent, NoAnswer::Cause::resolve, "no such host");
  if (random_.chance(weather_.lost_request))
    co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut, "cut");
  if (random_.chance(weather_.error_500)) co_return refusal(500, "Failed to create task");
  if (random_.chance(weather_.too_fast)) {
    if (random_.chance(0.5)) co_return refusal(429, "429 Failure", Duration(2s));
    co_return refusal(429, "429 Failure");
  }
  co_return std::nullopt;
}

SimulatedService::Record& SimulatedService::make_task(const taskapi::CreateRequest& request) {
  Record task;
  task.task_id = fmt::format("task-{:016x}", random_.next());
  task.file_name = request.file_name.value_or(task.task_id + ".pdf");
  task.configuration = request.settings;
  task.settings = request.settings;
  if (const auto* address = std::get_if<taskapi::WebAddress>(&request.document)) {
    // At each address lies a document whose content is the host's name.
    const std::string url = address->url.substr(0, address->url.find('?'));
    task.file_name = url.substr(url.rfind('/') + 1);
    task.content = url.substr(8, url.rfind('/') - 8);
  } else {
    task.content = read_all(std::get<taskapi::LocalFile>(request.document).path);
  }
  task.created_at = clock_.now();
  task.starts_at = task.created_at + Duration(random_.below(Duration(20s).count()));
  task.ends_at = task.starts_at + Duration(500 + random_.below(Duration(60s).count()));
  task.listed_from =
      task.created_at + Duration(random_.below(static_cast<std::uint64_t>(weather_.list_delay.count()) + 1));
  task.stuck = random_.chance(weather_.stuck_in_starting);
  task.fails = random_.chance(weather_.task_fails);
  task.never_listed = random_.chance(weather_.broken_row);
  task.empty_reads = random_.chance(weather_.empty_success) ? static_cast<int>(1 + random_.below(3)) : 0;
  charges_.push_back({task.created_at, task.content, task.never_listed});
  return add(std::move(task));
}

// What is known under the id; an update that is over has had its effect by then.
SimulatedService::Record* SimulatedService::find(const std::string& task_id) {
  const auto task = tasks_.find(task_id);
  if (task == tasks_.end() || task->second.deleted) return nullptr;
  end_update(task->second);
  return &task->second;
}

// contract: a failed update reverts.
void SimulatedService::end_update(Record& task) {
  if (!task.before || clock_.now() < task.ends_at) return;
  if (task.fails) {
    task.configuration = *task.before;
    task.fails = task.failed_before;
  }
  task.before.reset();
}

Status SimulatedService::status(const Record& task) const {
  if (task.cancelled) return Status::Cancelled;
  if (task.stuck || clock_.now() < task.starts_at) return Status::Starting;
  if (clock_.now() < task.ends_at) return Status::Processing;
  return task.fails ? Status::Failed : Status::Succeeded;
}

bool SimulatedService::is_paid(const Record& task) const {
  return !task.cancelled && !task.stuck && !task.fails;
}

Task SimulatedService::describe(const Record& task) const {
  Task described;
  described.task_id = task.task_id;
  described.status = status(task);
  described.message = task.fails ? "Failed to run analysis" : "as told";
  described.created_at = task.created_at;
  described.file_name = task.file_name;
  described.configuration = task.configuration;
  if (described.status != Status::Starting) described.started_at = task.starts_at;
  if (described.status == Status::Succeeded) {
    described.finished_at = task.ends_at;
    described.page_count = 1;
  }
  return described;
}

std::optional<Answer<Task>> SimulatedService::odd_answer_before() {
  constexpr int kOdd[] = {404, 405, 406, 409, 410, 411, 417, 421, 426, 451};
  constexpr int kElsewhere[] = {301, 302, 307, 308};
  constexpr int kOnTheWay[] = {408, 502, 503, 504, 520, 522};
  if (random_.chance(weather_.cut_upload))
    return no_answer(NoAnswer::Request::not_sent, NoAnswer::Cause::cut, "cut in the middle of the body");
  if (random_.chance(weather_.odd_refusal)) return refusal(kOdd[random_.below(std::size(kOdd))], "");
  if (random_.chance(weather_.redirected / 2))
    return refusal(kElsewhere[random_.below(std::size(kElsewhere))], "");
  if (random_.chance(weather_.gateway / 2))
    return refusal(kOnTheWay[random_.below(std::size(kOnTheWay))], "");
  return std::nullopt;
}

std::optional<Answer<Task>> SimulatedService::odd_answer_after() {
  constexpr int kSuccess[] = {201, 202, 204, 206};
  constexpr int kElsewhere[] = {301, 302, 303, 307};
  constexpr int kOnTheWay[] = {408, 502, 504, 524, 599};
  if (random_.chance(weather_.other_success))
    return refusal(kSuccess[random_.below(std::size(kSuccess))], "");
  if (random_.chance(weather_.redirected / 2))
    return refusal(kElsewhere[random_.below(std::size(kElsewhere))], "");
  if (random_.chance(weather_.gateway / 2))
    return refusal(kOnTheWay[random_.below(std::size(kOnTheWay))], "");
  return std::nullopt;
}

awaitable<Answer<Task>> SimulatedService::create(taskapi::CreateRequest request) {
  if (on_submit_) on_submit_();
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Task> { return one; }, *fault);
  if (within(quota_)) co_return refusal(429, "Usage limit exceeded");
  if (auto odd = odd_answer_before()) co_return std::move(*odd);
  if (within(submits_fail_)) co_return refusal(500, "Failed to create task");
  const Record task = make_task(request);
  co_await clock_.sleep(Duration(random_.below(2000)));
  if (random_.chance(weather_.lost_answer))
    co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut, "cut before the answer");
  if (random_.chance(weather_.error_after)) co_return refusal(500, "Failed to create task");
  if (auto odd = odd_answer_after()) co_return std::move(*odd);
  if (random_.chance(weather_.garbled)) co_return Unreadable{"<html>"};
  co_return describe(task);
}

awaitable<Answer<Task>> SimulatedService::get(std::string task_id) {
  polls_ += 1;
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Task> { return one; }, *fault);
  const Record* const task = find(task_id);
  if (task == nullptr || random_.chance(weather_.not_found)) co_return refusal(404, "Task not found");
  if (random_.chance(weather_.garbled)) co_return Unreadable{"<html>"};
  co_return describe(*task);
}

awaitable<Answer<Saved>> SimulatedService::get_result(std::string task_id, taskapi::NewFile into) {
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Saved> { return one; }, *fault);
  Record* const task = find(task_id);
  if (task == nullptr || random_.chance(weather_.not_found)) co_return refusal(404, "Task not found");
  Record& record = *task;
  std::string chunks = fmt::format(
      R"({{"chunk_id":"c","chunk_length":1,"segments":[{{"segment_id":"s","segment_type":"Text","content":"{0}","markdown":"{0}","html":"","bbox":{{"left":0,"top":0,"width":1,"height":1}},"page_number":1,"page_width":1,"page_height":1,"image":"https://storage/{1}/s"}}]}})",
      record.content, record.task_id);
  if (record.empty_reads > 0) {
    record.empty_reads -= 1;
    chunks.clear();
  }
  std::string text = fmt::format(
      R"({{"task_id":"{0}","status":"{1}","message":"","created_at":"{2}","configuration":{5},"output":{{"file_name":"{3}","page_count":1,"pdf_url":"https://storage/{0}","chunks":[{4}]}}}})",
      record.task_id, to_string(status(record)), to_iso(record.created_at), record.file_name, chunks,
      record.configuration);
  if (random_.chance(weather_.cut_result)) text.resize(random_.below(text.size()));
  std::ofstream(into.path, std::ios::binary | std::ios::trunc) << text;
  co_return Saved{text.size()};
}

awaitable<Answer<Saved>> SimulatedService::download(std::string url, taskapi::NewFile into) {
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Saved> { return one; }, *fault);
  if (random_.chance(weather_.refused_file)) {
    if (random_.chance(0.5)) co_return refusal(403, "");
    const std::string page = "<html>sign in";
    std::ofstream(into.path, std::ios::binary | std::ios::trunc) << page;
    co_return Saved{page.size()};
  }
  const bool pdf = !url.ends_with("/s");
  std::string text = (pdf ? "%PDF-1.7 " : "\xff\xd8\xff ") + url + ".";
  const bool cut = random_.chance(weather_.cut_result);
  if (cut) text.resize(random_.below(text.size()));
  std::ofstream(into.path, std::ios::binary | std::ios::trunc) << text;
  if (cut) co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut, "cut");
  co_return Saved{text.size()};
}

awaitable<Answer<Accepted>> SimulatedService::cancel(std::string task_id) {
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Accepted> { return one; }, *fault);
  Record* const task = find(task_id);
  if (task == nullptr) co_return refusal(500, "query returned an unexpected number of rows");
  if (status(*task) != Status::Starting)
    co_return refusal(400, "Task cannot be cancelled: status is Processing");
  // A worker may win the race: the answer is the same.
  if (random_.chance(0.2)) {
    task->stuck = false;
    task->starts_at = clock_.now();
    task->ends_at = clock_.now() + 10s;
  } else if (task->before) {
    task->fails = true;  // contract: a cancelled update flips back to the state before
    task->starts_at = task->ends_at = clock_.now();
  } else {
    task->cancelled = true;
  }
  co_return Accepted{"Task cancelled"};
}

awaitable<Answer<taskapi::TaskPage>> SimulatedService::list(taskapi::ListQuery query) {
  using List = Answer<taskapi::TaskPage>;
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> List { return one; }, *fault);
  std::vector<Record*> all;
  for (Record* const task : newest_first_)
    if (!task->deleted && !task->never_listed && task->listed_from <= clock_.now() &&
        (!query.start || task->created_at >= *query.start))
      all.push_back(task);
  const auto page = static_cast<std::size_t>(std::min(query.limit, weather_.page_at_most));
  const auto from = std::min(all.size(), static_cast<std::size_t>(query.page - 1) * page);
  const auto to = std::min(all.size(), from + page);
  taskapi::TaskPage read;
  for (std::size_t i = from; i < to; ++i) {
    if (random_.chance(weather_.missing_entry))
      all[i]->left_out = true;
    else
      read.tasks.push_back(describe(*all[i]));
  }
  if (random_.chance(weather_.odd_entry))
    read.odd.push_back({.file_name = "somebody-elses.pdf", .created_at = clock_.now(), .why = "odd"});
  co_return List(std::move(read));
}

awaitable<Answer<Task>> SimulatedService::update(std::string task_id, std::string settings) {
  if (on_submit_) on_submit_();
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Task> { return one; }, *fault);
  Record* const task = find(task_id);
  if (task == nullptr || random_.chance(weather_.not_found)) co_return refusal(404, "Task not found");
  const Status now = status(*task);
  if (now != Status::Succeeded && now != Status::Failed)
    co_return refusal(400, fmt::format("Task cannot be updated: status is {}", to_string(now)).c_str());
  const Task as_it_was = describe(*task);
  boost::json::object merged = boost::json::parse(task->configuration).as_object();
  for (const auto& [name, value] : boost::json::parse(settings).as_object()) merged[name] = value;
  task->before = std::exchange(task->configuration, boost::json::serialize(merged));
  task->failed_before = task->fails;
  task->fails = random_.chance(weather_.update_fails);
  charges_.push_back({clock_.now(), {}, task->fails});
  task->starts_at = clock_.now() + Duration(random_.below(Duration(20s).count()));
  task->ends_at = task->starts_at + Duration(500 + random_.below(Duration(60s).count()));
  if (random_.chance(weather_.lost_answer))
    co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut, "cut before the answer");
  if (random_.chance(weather_.error_after)) co_return refusal(500, "Failed to create task");
  co_return as_it_was;
}

awaitable<Answer<Accepted>> SimulatedService::remove(std::string task_id) {
  if (const auto fault = co_await weather())
    co_return std::visit([](const auto& one) -> Answer<Accepted> { return one; }, *fault);
  Record* const task = find(task_id);
  if (task == nullptr) co_return refusal(404, "Task not found");
  const Status now = status(*task);
  if (now == Status::Starting || now == Status::Processing)
    co_return refusal(500, fmt::format("Task cannot be deleted: status is {}", to_string(now)).c_str());
  task->deleted = true;
  if (random_.chance(weather_.lost_answer))
    co_return no_answer(NoAnswer::Request::maybe_sent, NoAnswer::Cause::cut, "cut before the answer");
  co_return Accepted{"Task deleted"};
}

awaitable<Answer<Accepted>> SimulatedService::health() {
  if (const auto fault = co_await outage())
    co_return std::visit([](const auto& one) -> Answer<Accepted> { return one; }, *fault);
  health_ += 1;
  if (random_.chance(weather_.no_connection))
    co_return no_answer(NoAnswer::Request::not_sent, NoAnswer::Cause::resolve, "no such host");
  co_return Accepted{"OK - Version simulated"};
}

}  // namespace chunkrd::simulation
