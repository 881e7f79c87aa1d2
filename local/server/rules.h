#pragma once

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "local/server/task.h"

namespace chunkrd::local::server {

/// What a client asked for. `unknown` is any path that is none of the others.
enum class Operation { create, get, update, cancel, remove, list, health, download, statistics, unknown };
/// As a rules file and the statistics call it: "delete" for remove.
std::string_view to_string(Operation operation) noexcept;

/// How an answer leaves, or does not.
enum class Delivery { whole, none, cut_after_headers, cut_in_body };

/// The answer a rule gives in place of the real one.
struct RuleAnswer {
  unsigned status = 200;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

/// What a rule does to a request.
struct RequestEffect {
  std::chrono::milliseconds delay{0};
  std::optional<RuleAnswer> respond;
  Delivery delivery = Delivery::whole;
  bool drops_request = false;  ///< closed before the body is read, nothing done
  bool not_found = false;
  bool empty_chunks = false;
};

/// What a rule does to a parse.
struct ParseEffect {
  enum class Kind { real, fake_text, fail, stay, crash };
  Kind kind = Kind::real;
  std::chrono::milliseconds delay{0};
  std::string message = {};          ///< of fail
  Status status = Status::Starting;  ///< of stay: Starting or Processing
};

/// What a rule can look at.
struct RequestFacts {
  Operation operation = Operation::unknown;
  std::string_view task_id = {};
  std::string_view file_name = {};
  std::optional<Status> status = {};
  bool shows_chunks = false;  ///< the answer would hold the chunks of a finished task
};

/// One entry of a rules file; see local/README.md for what it means.
struct Rule {
  enum class Moment { arrival, request, list, parse };
  Moment moment = Moment::request;

  std::optional<Operation> operation;  ///< nothing: any
  std::string file_name;               ///< a glob; empty: any
  std::optional<Status> status;
  std::uint64_t nth = 0, first = 0, every = 0;  ///< 0: not asked for
  std::optional<double> probability;
  std::uint64_t seed = 0;

  RequestEffect request;
  std::uint64_t not_found_times = 0;     ///< for each task
  std::uint64_t empty_chunks_times = 0;  ///< for each task
  ParseEffect parse;
};

/// Planned misbehaviour. The first rule that matches and whose turn it is acts, all others do nothing.
/// Thread safe.
class Rules {
 public:
  Rules() = default;
  explicit Rules(std::vector<Rule> rules);

  bool empty() const noexcept { return rules_.empty(); }

  /// Before anything of a request but its first line is looked at: whether to close the connection.
  bool drops_at_arrival(Operation operation);
  RequestEffect for_request(const RequestFacts& facts);
  /// File names to leave out of a list; globs.
  std::vector<std::string> hidden_names();
  /// When a worker takes a task; `operation` is create, or update for a PATCH.
  ParseEffect for_parse(const RequestFacts& facts);

 private:
  struct State {
    Rule rule;
    std::uint64_t matches = 0;
    std::mt19937_64 random;
    std::map<std::string, std::uint64_t, std::less<>> uses_by_task;
  };
  bool is_turn(State& state);
  State* first_match(Rule::Moment moment, const RequestFacts& facts);

  std::mutex mutex_;
  std::vector<std::unique_ptr<State>> rules_;
};

/// Reads a rules file. Throws UserError with every mistake in it as file:line:column.
std::vector<Rule> read_rules(const std::filesystem::path& file);

}  // namespace chunkrd::local::server
