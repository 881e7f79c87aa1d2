#include "local/server/rules.h"

#include <fnmatch.h>

#include <array>

namespace chunkrd::local::server {
namespace {

constexpr std::array<std::string_view, 10> kOperationNames = {
    "create", "get", "update", "cancel", "delete", "list", "health", "download", "statistics", "unknown"};

bool is_match(const Rule& rule, const RequestFacts& facts) {
  if (rule.operation && *rule.operation != facts.operation) return false;
  if (rule.empty_chunks_times > 0 && !facts.shows_chunks) return false;
  if (rule.status && rule.status != facts.status) return false;
  return rule.file_name.empty() ||
         fnmatch(rule.file_name.c_str(), std::string(facts.file_name).c_str(), 0) == 0;
}

}  // namespace

std::string_view to_string(Operation operation) noexcept {
  return kOperationNames[static_cast<std::size_t>(operation)];
}

Rules::Rules(std::vector<Rule> rules) {
  for (auto& rule : rules) {
    auto state = std::make_unique<State>();
    state->random.seed(rule.seed);
    state->rule = std::move(rule);
    rules_.push_back(std::move(state));
  }
}

bool Rules::is_turn(State& state) {
  const Rule& rule = state.rule;
  ++state.matches;
  if (rule.nth > 0 && state.matches != rule.nth) return false;
  if (rule.first > 0 && state.matches > rule.first) return false;
  if (rule.every > 0 && state.matches % rule.every != 0) return false;
  if (!rule.probability) return true;
  return static_cast<double>(state.random() >> 11) * 0x1.0p-53 < *rule.probability;
}

Rules::State* Rules::first_match(Rule::Moment moment, const RequestFacts& facts) {
  for (auto& state : rules_) {
    if (state->rule.moment == moment && is_match(state->rule, facts) && is_turn(*state)) return state.get();
  }
  return nullptr;
}

bool Rules::drops_at_arrival(Operation operation) {
  const std::scoped_lock lock(mutex_);
  return first_match(Rule::Moment::arrival, {.operation = operation}) != nullptr;
}

RequestEffect Rules::for_request(const RequestFacts& facts) {
  const std::scoped_lock lock(mutex_);
  State* const state = first_match(Rule::Moment::request, facts);
  if (state == nullptr) return {};
  RequestEffect effect = state->rule.request;
  const std::uint64_t times = state->rule.not_found_times + state->rule.empty_chunks_times;
  if (times > 0) {
    const bool is_used_up = ++state->uses_by_task[std::string(facts.task_id)] > times;
    effect.not_found = !is_used_up && state->rule.not_found_times > 0;
    effect.empty_chunks = !is_used_up && state->rule.empty_chunks_times > 0;
  }
  return effect;
}

std::vector<std::string> Rules::hidden_names() {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (auto& state : rules_) {
    if (state->rule.moment != Rule::Moment::list || !is_turn(*state)) continue;
    names.push_back(state->rule.file_name.empty() ? "*" : state->rule.file_name);
  }
  return names;
}

ParseEffect Rules::for_parse(const RequestFacts& facts) {
  const std::scoped_lock lock(mutex_);
  const State* const state = first_match(Rule::Moment::parse, facts);
  return state == nullptr ? ParseEffect{} : state->rule.parse;
}

}  // namespace chunkrd::local::server
