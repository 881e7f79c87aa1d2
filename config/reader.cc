#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <fstream>
#include <regex>

#include "config/api_key.h"
#include "config/artifact_list.h"
#include "config/document.h"
#include "config/keys.h"
#include "config/listen_address.h"
#include "config/parse_settings.h"
#include "config/values.h"

namespace chunkrd::config {
namespace {

using namespace std::chrono_literals;

Keys<Api> api_keys() {
  Keys<Api> keys;
  keys.value("url", &Api::url, service_url());
  keys.value("key_file", &Api::key_file, path());
  keys.value("allow_http", &Api::allow_http, boolean());
  keys.value("ca_file", &Api::ca_file, path());
  keys.value("connect_timeout", &Api::connect_timeout, seconds_in({1s, 10min}));
  keys.value("answer_timeout", &Api::answer_timeout, seconds_in({1s, 1h}));
  keys.value("reconcile_grace", &Api::reconcile_grace, seconds_in({1s, 1h}));
  keys.value("stall_timeout", &Api::stall_timeout, seconds_in({1s, 1h}));
  keys.value("least_rate", &Api::least_rate, size_in({1, std::uint64_t{1} << 30}));
  keys.value("base64_urls", &Api::base64_urls, boolean());
  return keys;
}

Reader<std::string> file_name_pattern() {
  return [read = text()](const Entry& entry) -> std::optional<std::string> {
    auto pattern = read(entry);
    if (pattern && pattern->find('/') != std::string::npos) {
      entry.wrong(
          fmt::format("{} has a slash; patterns are compared with the file's own name", in_quotes(*pattern)));
      return std::nullopt;
    }
    return pattern;
  };
}

// "pdf", ".PDF": what a file name ends with, after the dot.
Reader<std::string> name_ending() {
  return [read = text()](const Entry& entry) -> std::optional<std::string> {
    auto ending = read(entry);
    if (!ending) return std::nullopt;
    if (ending->starts_with('.')) ending->erase(0, 1);
    if (ending->empty() || ending->find_first_of("/*?[ ") != std::string::npos) {
      entry.wrong(
          fmt::format("{} is no file name ending; write one like pdf", in_quotes(entry.node().Scalar())));
      return std::nullopt;
    }
    std::ranges::transform(*ending, ending->begin(), [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return ending;
  };
}

bool is_one_folder(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
}

using Folders = std::map<std::string, std::string>;

// Each name is free: the first folder below the inbox.
Reader<Folders> folders(const std::vector<std::string>& profiles) {
  return [read = name_of_profile(profiles)](const Entry& map) -> std::optional<Folders> {
    std::vector<KeyRule> rules;
    if (map.node().IsMap()) {
      for (const auto& pair : map.node()) {
        if (pair.first.IsScalar()) rules.push_back({.name = pair.first.Scalar(), .refusal = {}, .below = {}});
      }
    }
    Folders result;
    read_map(map, rules, [&](std::size_t index, const Entry& entry) {
      const std::string& name = rules[index].name;
      if (!is_one_folder(name)) {
        entry.wrong(fmt::format("{} is no name of a folder right below the inbox", in_quotes(name)));
      } else if (auto profile = read(entry)) {
        result[name] = *profile;
      }
    });
    return result;
  };
}

Keys<Webhook> webhook_keys() {
  Keys<Webhook> keys;
  keys.value("url", &Webhook::url, webhook_url(), Presence::required);
  keys.value("secret_file", &Webhook::secret_file, path());
  keys.value("ca_file", &Webhook::ca_file, path());
  keys.value("allow_http", &Webhook::allow_http, boolean());
  return keys;
}

// What is told is about documents: nobody on the way shall read it.
void read_webhook(const Entry& entry, Notify& into) {
  Webhook webhook;
  webhook_keys().read(entry, webhook);
  if (webhook.url.starts_with("http://") && !webhook.allow_http && !is_loopback(webhook.url))
    entry.wrong(
        "over plain http:// everybody on the way could read what documents there are; use https://, or say "
        "allow_http: true");
  into.webhook = std::move(webhook);
}

// A program and its arguments: nothing of it is read by a shell.
Reader<std::vector<std::string>> command_line() {
  return [read = list_of(text())](const Entry& entry) -> std::optional<std::vector<std::string>> {
    auto words = read(entry);
    if (!words) return std::nullopt;
    if (words->empty()) {
      entry.wrong("the list is empty; write [program, argument, ...]");
      return std::nullopt;
    }
    const std::string& program = words->front();
    if (program.find('/') != std::string::npos && !program.starts_with('/')) {
      entry.wrong(fmt::format("{} is no absolute path; write one, or the name of a program in $PATH",
                              in_quotes(program)));
      return std::nullopt;
    }
    return words;
  };
}

Keys<Notify> notify_keys() {
  constexpr auto kLongest = std::chrono::seconds(365 * 24h);
  Keys<Notify> keys;
  keys.value(
      "on", &Notify::on,
      list_of(choice<End>({{"done", End::done}, {"failed", End::failed}, {"cancelled", End::cancelled}})));
  keys.add(
      {.name = "webhook", .presence = Presence::optional, .refusal = {}, .below = webhook_keys().paths(".")},
      read_webhook);
  keys.value("command", &Notify::command, command_line());
  keys.value("timeout", &Notify::timeout, seconds_in({1s, 1h}));
  keys.value("give_up_after", &Notify::give_up_after, seconds_or_never({1s, kLongest}));
  return keys;
}

Keys<Inbox> inbox_keys(const std::vector<std::string>& profiles) {
  Keys<Inbox> keys;
  keys.value("path", &Inbox::path, path(), Presence::required);
  keys.value("outbox", &Inbox::outbox, path(), Presence::required);
  keys.value("failed", &Inbox::failed, path(), Presence::required);
  keys.value("archive", &Inbox::archive, path());
  keys.value(
      "originals", &Inbox::originals,
      choice<Originals>(
          {{"archive", Originals::archive}, {"delete", Originals::remove}, {"keep", Originals::keep}}));
  keys.value("layout", &Inbox::layout, choice<Layout>({{"flat", Layout::flat}, {"folder", Layout::folder}}));
  keys.value("settle", &Inbox::settle, milliseconds_in({10ms, 24h}));
  keys.value("rescan", &Inbox::rescan, seconds_in({1s, 24h}));
  keys.value("watch", &Inbox::watch,
             choice<Watch>({{"auto", Watch::automatic}, {"events", Watch::events}, {"scan", Watch::scan}}));
  keys.value("profile", &Inbox::profile, name_of_profile(profiles));
  keys.add({.name = "folders", .refusal = {}, .below = {".*"}},
           [read = folders(profiles)](const Entry& entry, Inbox& into) {
             if (auto value = read(entry)) into.folders = std::move(*value);
           });
  keys.value("ignore", &Inbox::ignore, list_of(file_name_pattern()));
  keys.value("types", &Inbox::types, list_of(name_ending()));
  keys.section("notify", &Inbox::notify, notify_keys());
  return keys;
}

// Is `originals: archive` meant, by default or in words? Not if another value failed to be read.
bool archives_originals(const YAML::Node& inbox) {
  if (!inbox.IsMap()) return false;
  const YAML::Node originals = inbox["originals"];
  return !originals || (originals.IsScalar() && originals.Scalar() == "archive");
}

Reader<Inbox> inbox(const std::vector<std::string>& profiles) {
  return [keys = inbox_keys(profiles)](const Entry& entry) -> std::optional<Inbox> {
    Inbox inbox;
    keys.read(entry, inbox);
    if (archives_originals(entry.node()) && !entry.node()["archive"]) {
      entry.problems().add(
          entry.mark(), entry.key() + ".archive",
          "missing; originals: archive (the default) needs it; or use originals: delete or keep");
    }
    return inbox;
  };
}

Keys<Profile> profile_keys() {
  Keys<Profile> keys;
  keys.add({.name = "parse", .refusal = {}, .below = parse_setting_keys()},
           [read = parse_settings()](const Entry& entry, Profile& into) {
             if (auto value = read(entry)) into.parse = std::move(*value);
           });
  keys.value("artifacts", &Profile::artifacts, artifact_list());
  keys.value("after_delivery", &Profile::after_delivery,
             choice<AfterDelivery>({{"keep", AfterDelivery::keep}, {"delete", AfterDelivery::remove}}));
  keys.value("priority", &Profile::priority, priority());
  keys.value("weight", &Profile::weight, small_number({1, 1000}));
  keys.value("attempts", &Profile::attempts, small_number({1, 20}));
  keys.value("starting_deadline", &Profile::starting_deadline, seconds_in({1s, 30 * 24h}));
  keys.value("processing_deadline", &Profile::processing_deadline, seconds_in({1s, 30 * 24h}));
  keys.value("reuse", &Profile::reuse, boolean());
  keys.section("notify", &Profile::notify, notify_keys());
  return keys;
}

void read_profiles(const Entry& map, Settings& into) {
  std::vector<KeyRule> rules;
  if (map.node().IsMap()) {
    for (const auto& pair : map.node()) {
      if (pair.first.IsScalar()) rules.push_back({.name = pair.first.Scalar(), .refusal = {}, .below = {}});
    }
  }
  read_map(map, rules, [&](std::size_t index, const Entry& entry) {
    profile_keys().read(entry, into.profiles[rules[index].name]);
  });
}

Keys<Limits> limit_keys() {
  constexpr std::uint64_t kMiB = 1 << 20;
  Keys<Limits> keys;
  keys.value("submits_per_second", &Limits::submits_per_second, number({0.01, 1000}));
  keys.value("uploads", &Limits::uploads, small_number({1, 256}));
  keys.value("polls", &Limits::polls, small_number({1, 1024}));
  keys.value("downloads", &Limits::downloads, small_number({1, 256}));
  keys.value("upload_bytes_in_flight", &Limits::upload_bytes_in_flight, size_in({kMiB, kMiB << 20}));
  keys.value("document_bytes", &Limits::document_bytes, size_in({1, kMiB << 20}));
  keys.value("pages_per_day", &Limits::pages_per_day, small_number({0, 1'000'000'000}));
  keys.value("documents_per_day", &Limits::documents_per_day, small_number({0, 1'000'000'000}));
  return keys;
}

Keys<Retention> retention_keys() {
  constexpr auto kLongest = std::chrono::seconds(100 * 365 * 24h);
  Keys<Retention> keys;
  keys.value("finished_after", &Retention::finished_after, seconds_or_never({1s, kLongest}));
  keys.value("finished_keep", &Retention::finished_keep, small_number({0, 1'000'000'000}));
  keys.value("archive_after", &Retention::archive_after, seconds_or_never({1s, kLongest}));
  keys.value("archive_keep", &Retention::archive_keep, small_number({0, 1'000'000'000}));
  keys.value("events_after", &Retention::events_after, seconds_or_never({1s, kLongest}));
  keys.value("events_keep", &Retention::events_keep, small_number({0, 1'000'000'000}));
  return keys;
}

Reader<std::string> listen_address() {
  return [](const Entry& entry) -> std::optional<std::string> {
    if (entry.node().IsScalar()) {
      const std::string& address = entry.node().Scalar();
      if (address.empty() || parse_listen_address(address)) return address;
    }
    entry.wrong_kind(
        R"(an address and port such as "127.0.0.1:9464", "[::1]:9464" or ":9464" ("" for none))");
    return std::nullopt;
  };
}

Keys<Metrics> metrics_keys() {
  Keys<Metrics> keys;
  keys.value("listen", &Metrics::listen, listen_address());
  return keys;
}

Keys<Log> log_keys() {
  Keys<Log> keys;
  keys.value("level", &Log::level,
             choice<LogLevel>({{"trace", LogLevel::trace},
                               {"debug", LogLevel::debug},
                               {"info", LogLevel::info},
                               {"warning", LogLevel::warning},
                               {"error", LogLevel::error}}));
  keys.value("format", &Log::format,
             choice<LogFormat>({{"auto", LogFormat::automatic},
                                {"text", LogFormat::text},
                                {"json", LogFormat::json},
                                {"journal", LogFormat::journal}}));
  return keys;
}

Reader<std::string> queue() {
  return [read = one_of({"sqlite"})](const Entry& entry) -> std::optional<std::string> {
    // The address may hold a password: it is not repeated.
    if (entry.node().IsScalar() && entry.node().Scalar().starts_with("postgres")) {
      entry.wrong("PostgreSQL is not supported by this version; use sqlite");
      return std::nullopt;
    }
    return read(entry);
  };
}

void read_inboxes(const Entry& entry, const std::vector<std::string>& profiles, Settings& into) {
  const auto list = list_of(inbox(profiles))(entry);
  if (list && list->empty()) entry.wrong("the list is empty; at least one inbox is needed");
  if (list) into.inboxes = *list;
}

// Every key of the file. `profiles` are the names that may be referred to.
Keys<Settings> settings_keys(const std::vector<std::string>& profiles) {
  Keys<Settings> keys;
  keys.section("api", &Settings::api, api_keys());
  keys.value("state", &Settings::state, path(), Presence::required);
  keys.value("queue", &Settings::queue, queue());
  keys.add({.name = "inboxes",
            .presence = Presence::required,
            .refusal = {},
            .below = inbox_keys({}).paths("[].")},
           [profiles](const Entry& entry, Settings& into) { read_inboxes(entry, profiles, into); });
  auto below_profile = profile_keys().paths(".*.");
  below_profile.insert(below_profile.begin(), ".*");
  keys.add({.name = "profiles", .refusal = {}, .below = below_profile}, read_profiles);
  keys.section("limits", &Settings::limits, limit_keys());
  keys.section("retention", &Settings::retention, retention_keys());
  keys.section("metrics", &Settings::metrics, metrics_keys());
  keys.section("log", &Settings::log, log_keys());
  keys.value("shutdown_timeout", &Settings::shutdown_timeout, seconds_in({1s, 1h}));
  return keys;
}

std::vector<std::string> profile_names(const YAML::Node& root) {
  std::vector<std::string> names{"default"};
  if (!root.IsMap()) return names;
  const YAML::Node profiles = root["profiles"];
  if (!profiles || !profiles.IsMap()) return names;
  for (const auto& pair : profiles) {
    if (pair.first.IsScalar() && pair.first.Scalar() != "default") names.push_back(pair.first.Scalar());
  }
  return names;
}

}  // namespace

Settings read_settings(const std::filesystem::path& file) {
  Problems problems(file);
  const YAML::Node root = load_document(problems, "at least state and inboxes are needed");
  Settings settings;
  settings_keys(profile_names(root)).read(Entry(root, "", root.Mark(), problems), settings);
  problems.throw_if_any();
  settings.profiles.try_emplace("default");
  return settings;
}

// By its line: the rest of the file may be no YAML at all.
std::optional<std::filesystem::path> state_folder_in(const std::filesystem::path& file) {
  static const std::regex kState(R"re(^state:\s+("[^"]*"|'[^']*'|[^"'\s#](?:\S#|[^#])*?)(?:\s+#.*|\s*)$)re");
  std::ifstream in(file);
  std::smatch found;
  for (std::string line; std::getline(in, line);) {
    if (line.size() > PATH_MAX + 100 || !std::regex_match(line, found, kState)) continue;
    try {
      const YAML::Node value = YAML::Load(found[1].str());
      if (!value.IsScalar() || value.Scalar().empty()) return std::nullopt;
      return (std::filesystem::absolute(file).parent_path() / value.Scalar()).lexically_normal();
    } catch (const YAML::Exception&) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::vector<std::string> known_keys() {
  return settings_keys({}).paths("");
}

}  // namespace chunkrd::config
