#include "hooks/program.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <string_view>
#include <utility>

#include "core/cut.h"
#include "core/escape.h"
#include "core/quotation.h"

namespace chunkrd::hooks {
namespace {

namespace json = boost::json;

// What a program says, for people; more of it is thrown away.
constexpr std::size_t kSaidBytes = 2000;
constexpr std::size_t kOutputBytes = std::size_t{64} << 10;
// The system takes 128 KiB for one variable.
constexpr std::size_t kVariableBytes = std::size_t{64} << 10;

// Keys, and the sockets by which systemd knows the daemon.
bool is_ours(std::string_view variable) {
  constexpr std::array kOurs = {
      "CHUNKRD_",        "CREDENTIALS_DIRECTORY=", "NOTIFY_SOCKET=", "WATCHDOG_",        "LISTEN_",
      "JOURNAL_STREAM=", "INVOCATION_ID=",         "MAINPID=",       "SYSTEMD_EXEC_PID="};
  return std::ranges::any_of(kOurs, [&](const char* name) { return variable.starts_with(name); });
}

// The path of the first thing of this kind that the body says lies somewhere; empty if there is none.
std::string lying(const json::value& body, std::initializer_list<std::string_view> kinds) {
  const json::object* const object = body.if_object();
  const json::value* const where = object == nullptr ? nullptr : object->if_contains("where");
  if (where == nullptr || !where->is_array()) return {};
  for (const json::value& one : where->as_array())
    if (std::ranges::find(kinds, std::string_view(one.at("what").as_string())) != kinds.end())
      return unprintable(std::string_view(one.at("path").as_string()));
  return {};
}

std::string how_it_ended(const ChildResult& result, Duration timeout) {
  switch (result.end) {
    case ChildResult::End::timed_out:
      return fmt::format("it was not done after {} s and was killed",
                         std::chrono::ceil<std::chrono::seconds>(timeout).count());
    case ChildResult::End::signalled:
      return fmt::format("it was ended by signal {}", result.exit_code);
    default:
      return result.exit_code == 0 ? "" : fmt::format("it ended with exit code {}", result.exit_code);
  }
}

std::string what_it_said(const ChildResult& result) {
  std::string said = result.errors + result.output;
  while (said.ends_with('\n')) said.pop_back();
  return said.empty() ? said : quotation(said, kSaidBytes);
}

std::vector<std::string> our_environment() {
  std::vector<std::string> variables;
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  return variables;
}

}  // namespace

std::vector<std::string> environment_for(const Message& message, const std::vector<std::string>& inherited) {
  std::vector<std::string> variables;
  for (const std::string& each : inherited)
    if (!is_ours(each)) variables.push_back(each);
  const auto set = [&](const char* name, std::string value) {
    if (value.size() > kVariableBytes) value.resize(kVariableBytes);
    if (!value.empty()) variables.push_back(fmt::format("CHUNKRD_{}={}", name, value));
  };
  const queue::Job& job = message.ending.job;
  boost::system::error_code none;
  const json::value body = json::parse(message.body, none);
  set("EVENT", std::string(to_string(job.state)));
  set("DELIVERY", message.delivery);
  set("ATTEMPT", std::to_string(message.attempt));
  set("JOB", job.id);
  set("TASK", job.task_id);
  set("PROFILE", job.profile);
  set("INBOX", job.inbox);
  set("NAME", job.name);
  set("OUTBOX", job.outbox);
  set("RESULT", job.state == queue::State::done ? lying(body, {"result"}) : "");
  set("ORIGINAL", lying(body, {"archive", "failed", "inbox"}));
  set("SHA256", job.sha256);
  set("SIZE_BYTES", std::to_string(job.size_bytes));
  if (job.pages) set("PAGES", std::to_string(*job.pages));
  set("ERROR_CODE", job.error_code);
  set("ERROR_MESSAGE", valid_utf8(job.error_message));
  return variables;
}

Program::Program(std::vector<std::string> command, Duration timeout, std::size_t at_once)
    : command_(std::move(command)), timeout_(timeout), threads_(at_once) {}

Program::~Program() {
  cut_ = true;
  threads_.join();
}

awaitable<Answer> Program::tell(Message message) {
  return run_on(threads_.executor(), [this, message = std::move(message)] { return run(message); });
}

Answer Program::run(const Message& message) const {
  const Cuttable cuttable(cut_);
  try {
    look_whether_cut();
    const ChildResult result = run_child(
        command_, {.time = timeout_, .output_bytes = kOutputBytes, .too_long = ChildLimits::TooLong::cut},
        {.input = message.body,
         .environment = environment_for(message, our_environment()),
         .group = ChildSurroundings::Group::own});
    const std::string end = how_it_ended(result, timeout_), said = what_it_said(result);
    return {.kind = end.empty() ? Answer::Kind::taken : Answer::Kind::refused,
            .said = end.empty() || said.empty() ? end + said : end + ": " + said};
  } catch (const CutShort&) {
    return {.kind = Answer::Kind::abandoned};
  }
}

}  // namespace chunkrd::hooks
