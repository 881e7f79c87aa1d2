#include "tests/contract/prism.h"

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace chunkrd::contract {
namespace {

// It reads some thousand files: seconds on a quiet machine, minutes where the page cache is slow to get.
constexpr auto kStart = std::chrono::minutes(5);

std::string contents(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What follows "listening on" in Prism's log; empty before.
std::string address_in(const std::string& log) {
  const std::string words = "Prism is listening on ";
  const auto at = log.find(words);
  const auto end = at == log.npos ? log.npos : log.find('\n', at);
  return end == log.npos ? "" : log.substr(at + words.size(), end - at - words.size());
}

}  // namespace

Prism::Prism()
    : process_({NODE_PROGRAM, PRISM_PROGRAM, "mock", "--host", "127.0.0.1", "--port", "0", OPENAPI_YAML},
               folder_ / "log", {.environment = {{"NO_COLOR", "1"}, {"FORCE_COLOR", "0"}}}) {
  tests::eventually(
      [&] {
        url_ = address_in(contents(folder_ / "log"));
        return !url_.empty() || !process_.running();
      },
      kStart);
  if (url_.empty()) throw std::runtime_error("Prism does not start: " + contents(folder_ / "log"));
}

}  // namespace chunkrd::contract
