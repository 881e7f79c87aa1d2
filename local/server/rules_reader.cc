#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

#include <array>
#include <charconv>
#include <functional>
#include <limits>

#include "core/errors.h"
#include "local/server/rules.h"

namespace chunkrd::local::server {
namespace {

using namespace std::chrono_literals;

/// Reads one file and gathers everything that is wrong with it.
class Reader {
 public:
  explicit Reader(const std::filesystem::path& file) : file_(file) {}

  std::vector<Rule> read() {
    std::vector<Rule> rules;
    YAML::Node root;
    try {
      root = YAML::LoadFile(file_.string());
    } catch (const YAML::BadFile&) {
      throw UserError(ExitCode::no_input, fmt::format("rules: {}: cannot be read", file_.string()));
    } catch (const YAML::ParserException& error) {
      wrong(error.mark, error.msg);
    }
    if (root && !root.IsNull() && !root.IsSequence()) {
      wrong(root.Mark(), "the file is a list of rules: - {match: {...}, do: {...}}");
    } else {
      for (const auto& entry : root) rules.push_back(rule(entry));
    }
    if (!errors_.empty()) throw UserError(ExitCode::bad_config, fmt::format("{}", fmt::join(errors_, "\n")));
    return rules;
  }

 private:
  /// What to do with each key of a map.
  struct Field {
    std::string_view name;
    std::function<void(const YAML::Node&)> read;
  };

  void wrong(const YAML::Mark& mark, std::string_view what) {
    errors_.push_back(
        fmt::format("rules: {}:{}:{}: {}", file_.string(), mark.line + 1, mark.column + 1, what));
  }

  void map(const YAML::Node& node, std::string_view where, const std::vector<Field>& fields) {
    if (!node.IsMap()) {
      wrong(node.Mark(), fmt::format("{}: a map is needed here", where));
      return;
    }
    for (const auto& pair : node) {
      const std::string name = pair.first.IsScalar() ? pair.first.Scalar() : "";
      const auto field = std::ranges::find(fields, name, &Field::name);
      if (field != fields.end()) {
        field->read(pair.second);
        continue;
      }
      std::string known;
      for (const auto& each : fields) known += (known.empty() ? "" : ", ") + std::string(each.name);
      wrong(pair.first.Mark(), fmt::format("{}: unknown key \"{}\"; use {}", where, name, known));
    }
  }

  std::string text(const YAML::Node& node) {
    if (node.IsScalar()) return node.Scalar();
    wrong(node.Mark(), "a text is needed here");
    return {};
  }

  std::uint64_t count(const YAML::Node& node) {
    const std::string digits = text(node);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error != std::errc() || end != digits.data() + digits.size() || value == 0) {
      wrong(node.Mark(), fmt::format("\"{}\" is not a number from 1", digits));
      return 1;
    }
    return value;
  }

  bool truth(const YAML::Node& node) {
    bool value = false;
    if (!node.IsScalar() || !YAML::convert<bool>::decode(node, value)) {
      wrong(node.Mark(), "true or false is needed here");
    }
    return value;
  }

  std::chrono::milliseconds duration(const YAML::Node& node) {
    const std::string written = text(node);
    std::uint64_t value = 0;
    const char* const last = written.data() + written.size();
    const auto [end, error] = std::from_chars(written.data(), last, value);
    const std::string_view unit(end, last);
    constexpr std::uint64_t kMost = 1'000'000'000;
    if (error == std::errc() && value <= kMost) {
      const auto amount = static_cast<std::int64_t>(value);
      if (unit == "ms") return std::chrono::milliseconds(amount);
      if (unit == "s") return std::chrono::seconds(amount);
      if (unit == "m") return std::chrono::minutes(amount);
    }
    wrong(node.Mark(), fmt::format("\"{}\" is not a duration; use 200ms, 5s or 2m", written));
    return 0ms;
  }

  template <class Value>
  Value choice(const YAML::Node& node, const std::vector<std::pair<std::string_view, Value>>& choices) {
    const std::string found = text(node);
    std::string known;
    for (const auto& [name, value] : choices) {
      if (found == name) return value;
      known += (known.empty() ? "" : ", ") + std::string(name);
    }
    wrong(node.Mark(), fmt::format("unknown value \"{}\"; use {}", found, known));
    return choices.front().second;
  }

  Rule rule(const YAML::Node& entry) {
    Rule rule;
    YAML::Node actions;
    map(entry, "a rule",
        {{"match", [&](const YAML::Node& node) { match(node, rule); }},
         {"do", [&](const YAML::Node& node) { actions.reset(node); }}});
    if (!entry.IsMap()) return rule;
    if (!entry["do"]) {
      wrong(entry.Mark(), "a rule needs do: what is to happen");
      return rule;
    }
    act(actions, rule);
    check(entry, rule);
    return rule;
  }

  void match(const YAML::Node& node, Rule& rule) {
    if (node.IsNull()) return;
    map(node, "match",
        {{"operation", [&](const YAML::Node& value) { rule.operation = operation(value); }},
         {"file_name", [&](const YAML::Node& value) { rule.file_name = text(value); }},
         {"status", [&](const YAML::Node& value) { rule.status = status(value); }},
         {"nth", [&](const YAML::Node& value) { rule.nth = count(value); }},
         {"first", [&](const YAML::Node& value) { rule.first = count(value); }},
         {"every", [&](const YAML::Node& value) { rule.every = count(value); }},
         {"probability", [&](const YAML::Node& value) { rule.probability = probability(value); }},
         {"seed", [&](const YAML::Node& value) { rule.seed = count(value); }}});
  }

  std::optional<Operation> operation(const YAML::Node& node) {
    std::vector<std::pair<std::string_view, std::optional<Operation>>> choices = {{"any", std::nullopt}};
    for (int i = 0; i < static_cast<int>(Operation::unknown); ++i) {
      choices.emplace_back(to_string(static_cast<Operation>(i)), static_cast<Operation>(i));
    }
    return choice(node, choices);
  }

  Status status(const YAML::Node& node) {
    return choice<Status>(node, {{"Starting", Status::Starting},
                                 {"Processing", Status::Processing},
                                 {"Succeeded", Status::Succeeded},
                                 {"Failed", Status::Failed},
                                 {"Cancelled", Status::Cancelled}});
  }

  double probability(const YAML::Node& node) {
    double value = 0;
    const bool is_number = node.IsScalar() && YAML::convert<double>::decode(node, value);
    if (!is_number || !(value >= 0 && value <= 1)) wrong(node.Mark(), "a probability is between 0 and 1");
    return value;
  }

  void act(const YAML::Node& node, Rule& rule) {
    map(node, "do",
        {{"delay", [&](const YAML::Node& value) { rule.request.delay = duration(value); }},
         {"respond", [&](const YAML::Node& value) { rule.request.respond = answer(value); }},
         {"cut", [&](const YAML::Node& value) { rule.request.delivery = cut(value); }},
         {"drop_answer",
          [&](const YAML::Node& value) {
            if (truth(value)) rule.request.delivery = Delivery::none;
          }},
         {"drop_request",
          [&](const YAML::Node& value) {
            if (truth(value)) moment(value, rule, Rule::Moment::arrival);
          }},
         {"empty_chunks",
          [&](const YAML::Node& value) {
            rule.empty_chunks_times = count(value);
            rule.operation = Operation::get;
          }},
         {"not_found", [&](const YAML::Node& value) { rule.not_found_times = count(value); }},
         {"list_hides",
          [&](const YAML::Node& value) {
            if (truth(value)) moment(value, rule, Rule::Moment::list);
          }},
         {"revert_update",
          [&](const YAML::Node& value) {
            if (!truth(value)) return;
            moment(value, rule, Rule::Moment::parse);
            rule.operation = Operation::update;
            rule.parse = {.kind = ParseEffect::Kind::fail, .message = "Failed by a rule"};
          }},
         {"parse", [&](const YAML::Node& value) {
            moment(value, rule, Rule::Moment::parse);
            parse(value, rule.parse);
          }}});
  }

  void moment(const YAML::Node& node, Rule& rule, Rule::Moment moment) {
    if (rule.moment != Rule::Moment::request) {
      wrong(node.Mark(), "drop_request, list_hides, revert_update and parse exclude each other");
    }
    rule.moment = moment;
  }

  Delivery cut(const YAML::Node& node) {
    return choice<Delivery>(node, {{"before_answer", Delivery::none},
                                   {"after_headers", Delivery::cut_after_headers},
                                   {"in_body", Delivery::cut_in_body}});
  }

  RuleAnswer answer(const YAML::Node& node) {
    RuleAnswer answer;
    map(node, "respond",
        {{"status", [&](const YAML::Node& value) { answer.status = http_status(value); }},
         {"body", [&](const YAML::Node& value) { answer.body = text(value); }},
         {"headers", [&](const YAML::Node& value) {
            if (!value.IsMap()) return wrong(value.Mark(), "headers: a map is needed here");
            for (const auto& pair : value) answer.headers.emplace_back(text(pair.first), text(pair.second));
          }}});
    return answer;
  }

  unsigned http_status(const YAML::Node& node) {
    const std::uint64_t value = count(node);
    if (value >= 200 && value <= 599) return static_cast<unsigned>(value);
    wrong(node.Mark(), "an HTTP status is between 200 and 599");
    return 500;
  }

  void parse(const YAML::Node& node, ParseEffect& effect) {
    map(node, "parse",
        {{"instead",
          [&](const YAML::Node& value) {
            effect.kind = choice<ParseEffect::Kind>(value, {{"text", ParseEffect::Kind::fake_text}});
          }},
         {"delay", [&](const YAML::Node& value) { effect.delay = duration(value); }},
         {"fail",
          [&](const YAML::Node& value) {
            effect.kind = ParseEffect::Kind::fail;
            effect.message = text(value);
          }},
         {"stay",
          [&](const YAML::Node& value) {
            effect.kind = ParseEffect::Kind::stay;
            effect.status =
                choice<Status>(value, {{"Starting", Status::Starting}, {"Processing", Status::Processing}});
          }},
         {"crash", [&](const YAML::Node& value) {
            if (truth(value)) effect.kind = ParseEffect::Kind::crash;
          }}});
  }

  /// What no single key can see.
  void check(const YAML::Node& entry, const Rule& rule) {
    const bool is_request = rule.moment == Rule::Moment::request;
    const bool does_to_request = rule.request.delay.count() > 0 || rule.request.respond ||
                                 rule.request.delivery != Delivery::whole || rule.not_found_times > 0 ||
                                 rule.empty_chunks_times > 0;
    if (!is_request && does_to_request) {
      wrong(entry.Mark(),
            "drop_request, list_hides, revert_update and parse stand alone: write a second rule");
    }
    const bool is_list_of_others = rule.operation && *rule.operation != Operation::list;
    if (rule.moment == Rule::Moment::list && is_list_of_others) {
      wrong(entry.Mark(), "list_hides: only the operation list can be matched");
    }
    if (rule.moment == Rule::Moment::arrival && (!rule.file_name.empty() || rule.status)) {
      wrong(entry.Mark(), "drop_request: file_name and status are not known yet when a request is dropped");
    }
    const bool is_parsed =
        !rule.operation || *rule.operation == Operation::create || *rule.operation == Operation::update;
    if (rule.moment == Rule::Moment::parse && (!is_parsed || rule.status)) {
      wrong(entry.Mark(), "parse: match by operation create or update, file_name, and turns");
    }
  }

  std::filesystem::path file_;
  std::vector<std::string> errors_;
};

}  // namespace

std::vector<Rule> read_rules(const std::filesystem::path& file) {
  return Reader(file).read();
}

}  // namespace chunkrd::local::server
