#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/logging.h"

/// What the configuration file says, as types. Values are in the ranges that config/reader.cc names.
namespace chunkrd::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// `api:` how to reach the service.
struct Api {
  std::string url = "https://api.chunkr.ai";
  std::optional<std::filesystem::path> key_file;  ///< else $CHUNKRD_API_KEY, else the systemd credential
  std::optional<std::filesystem::path> ca_file;   ///< else the system's certificates
  seconds connect_timeout{10};
  seconds answer_timeout{60};  ///< from the end of the request to the end of the answer, for small answers
  /// How long a submit without an answer is looked for in the task list before it is sent again.
  seconds reconcile_grace{120};
  seconds stall_timeout{60};        ///< a transfer that moves nothing for so long is ended ...
  std::uint64_t least_rate = 4096;  ///< ... or less than this in a second, on average over so long
  bool allow_http = false;          ///< the key may travel over plain http to another machine
  bool base64_urls = false;         ///< results come with their files inside instead of signed URLs

  bool operator==(const Api&) const = default;
};

/// `webhook:` of a `notify:`.
struct Webhook {
  std::string url;                                   ///< may hold a secret: only its origin is ever told
  std::optional<std::filesystem::path> secret_file;  ///< else the systemd credential, else nothing is signed
  std::optional<std::filesystem::path> ca_file;      ///< else the system's certificates
  bool allow_http = false;                           ///< plain http to another machine, too

  bool operator==(const Webhook&) const = default;
};

enum class End { done, failed, cancelled };

/// `notify:` of an inbox or a profile: who is told that a document has ended.
struct Notify {
  std::vector<End> on{End::done, End::failed, End::cancelled};
  std::optional<Webhook> webhook;
  std::vector<std::string> command;  ///< a program and its arguments; empty: none
  seconds timeout{60};               ///< for one attempt
  std::optional<seconds> give_up_after = seconds{7 * 24 * 3600};  ///< nothing: never

  bool operator==(const Notify&) const = default;
};

enum class Originals { archive, remove, keep };  ///< `archive`, `delete`, `keep` in the file
enum class Layout { flat, folder };
enum class Watch { automatic, events, scan };  ///< `auto`, `events`, `scan` in the file

/// One entry of `inboxes:`.
struct Inbox {
  std::filesystem::path path;
  std::filesystem::path outbox;
  std::filesystem::path failed;
  std::optional<std::filesystem::path> archive;  ///< needed by `originals: archive`
  Originals originals = Originals::archive;
  Layout layout = Layout::flat;
  milliseconds settle{5000};
  seconds rescan{300};
  Watch watch = Watch::automatic;
  std::string profile = "default";
  std::map<std::string, std::string> folders;  ///< first folder below the inbox -> profile
  std::vector<std::string> ignore;             ///< shell patterns of names, besides the built-in ones
  /// File name endings taken, in lower case and without a dot ("pdf"); to be compared without regard to
  /// case. Empty: whatever the service takes.
  std::vector<std::string> types;
  Notify notify;
  /// Document -> the name that its results have, where it is another. Not in the file: `process` of a link.
  std::map<std::string, std::string> titles;

  bool operator==(const Inbox&) const = default;
};

enum class Artifact { json, markdown, html, chunks, text, pdf, images, report };
enum class AfterDelivery { keep, remove };  ///< `keep`, `delete` in the file: what becomes of the task

/// One entry of `profiles:`.
struct Profile {
  std::string parse = "{}";  ///< CreateForm without the document, canonical JSON (sorted keys, no spaces)
  std::vector<Artifact> artifacts{Artifact::json, Artifact::markdown};
  AfterDelivery after_delivery = AfterDelivery::keep;
  int priority = 0;  ///< within the profile
  int weight = 1;    ///< its share of the submits while several profiles have documents ready
  int attempts = 3;  ///< tasks that may be paid for one document
  seconds starting_deadline{6 * 3600};    ///< a task longer in Starting is given up
  seconds processing_deadline{2 * 3600};  ///< a task longer in Processing is given up
  /// An earlier result for the same bytes and settings is delivered again instead of a new task.
  bool reuse = true;
  Notify notify;  ///< besides the inbox's

  bool operator==(const Profile&) const = default;
};

/// `limits:`.
struct Limits {
  double submits_per_second = 10;
  int uploads = 8;
  int polls = 32;
  int downloads = 8;
  std::uint64_t upload_bytes_in_flight = std::uint64_t{4} << 30;  ///< one larger document still goes alone
  std::uint64_t document_bytes = 805'000'000;  ///< larger ones are refused here: 1 GiB as base64 JSON

  // What may be paid for on a day (UTC); 0: no bound.
  int pages_per_day = 0;
  int documents_per_day = 0;

  bool operator==(const Limits&) const = default;
};

/// `retention:` how long what is over is remembered. Nothing (of a time) and 0 (of a number): for ever.
struct Retention {
  std::optional<seconds> finished_after = seconds{365 * 24 * 3600};  ///< rows of documents that have ended
  int finished_keep = 1'000'000;                                     ///< at most so many of them, the newest
  std::optional<seconds> archive_after;                              ///< originals in the archive
  int archive_keep = 0;
  std::optional<seconds> events_after = seconds{90 * 24 * 3600};  ///< what `chunkrd events` can still tell
  int events_keep = 1'000'000;

  bool prunes_archive() const { return archive_after.has_value() || archive_keep > 0; }
  bool operator==(const Retention&) const = default;
};

struct Metrics {
  std::string listen = "127.0.0.1:9464";  ///< as parse_listen_address() reads it; empty: no endpoint

  bool operator==(const Metrics&) const = default;
};

struct Log {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;

  bool operator==(const Log&) const = default;
};

/// The whole configuration file, every default filled in, every value in its range.
struct Settings {
  Api api;
  std::filesystem::path state;
  std::string queue = "sqlite";
  std::vector<Inbox> inboxes;
  std::map<std::string, Profile> profiles;  ///< always has "default"
  Limits limits;
  Retention retention;
  Metrics metrics;
  Log log;
  seconds shutdown_timeout{20};

  bool operator==(const Settings&) const = default;
};

}  // namespace chunkrd::config
