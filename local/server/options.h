#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "local/server/dialect.h"

namespace chunkrd::local::server {

/// What a document's content turned out to be.
struct InputType {
  std::string content_type;  ///< "application/pdf"
  std::string extension;     ///< "pdf"
};

/// Tells a document's type from its content; nothing if the service does not take it. Called on any thread.
using DetectInput = std::function<std::optional<InputType>(const std::filesystem::path& document,
                                                           std::string_view file_name)>;

/// Limits of one parser process and all it starts.
struct ParserLimits {
  std::chrono::milliseconds time{std::chrono::minutes(10)};  ///< contract: JOB__TASK_TIMEOUT, 600 s
  std::chrono::seconds cpu{std::chrono::minutes(10)};
  std::uint64_t memory_bytes = std::uint64_t{2} << 30;  ///< address space; 0: not limited
  std::uint64_t output_bytes = std::uint64_t{1} << 30;  ///< of one file, and of the whole output folder
};

/// Where the URLs of documents may lead. Nobody gets to link-local addresses: there are no documents, but
/// the secrets of clouds.
enum class FetchScope {
  none,    ///< nowhere
  others,  ///< to other machines
  any,     ///< to this one, too; but a redirect leads here only from here
};

/// Limits of fetching documents from URLs.
struct FetchLimits {
  std::optional<FetchScope> scope;  ///< nothing: any where only this machine can ask, else others
  std::size_t at_once = 64;
  std::chrono::milliseconds connect{std::chrono::seconds(15)};
  std::chrono::seconds stall{30};  ///< so long with hardly a byte
  std::chrono::milliseconds total{std::chrono::minutes(5)};
};

/// How chunkr-local serves.
struct Options {
  std::string address = "127.0.0.1";
  std::uint16_t port = 8000;  ///< 0: any free one
  std::filesystem::path state;
  unsigned workers = 2;
  std::string key;                                  ///< empty: nobody is asked for one
  std::optional<std::filesystem::path> rules;       ///< misbehaviour for tests
  bool serves_statistics = false;                   ///< also when there are rules
  std::filesystem::path parser = "/proc/self/exe";  ///< run as `parser parse ORDER.json`
  ParserLimits parser_limits;
  DetectInput detect;
  std::uint64_t body_bytes_max = std::uint64_t{1} << 30;  ///< contract: MAX_TOTAL_LIMIT
  Dialect dialect = Dialect::v1;
  std::vector<std::string> models = {"local"};  ///< ids that llm_processing.model_id may name
  std::int64_t expires_in_default = 0;          ///< seconds; 0: kept for ever
  std::chrono::milliseconds purge_every{std::chrono::minutes(10)};
  std::chrono::seconds url_lifetime{3600};
  std::chrono::milliseconds keep_alive{std::chrono::minutes(10)};  ///< contract: 600 s
  /// For the first request to come, for a whole head, and between two pieces of a body or an answer.
  std::chrono::milliseconds read_timeout{std::chrono::seconds(30)};
  std::uint64_t body_bytes_per_second_min = 4096;  ///< a slower body is given up
  std::size_t connections_max = 512;               ///< fewer where descriptors are few
  std::string public_url;          ///< in URLs of answers; empty: as the client named this server
  std::vector<std::string> hosts;  ///< names by which clients may call this server, besides its own
  FetchLimits fetch;
};

}  // namespace chunkrd::local::server
