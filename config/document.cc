#include "config/document.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>
#include <system_error>
#include <vector>

#include "config/yaml_mistakes.h"
#include "core/errors.h"
#include "core/escape.h"

namespace chunkrd::config {
namespace {

// Far above any real file; a mistaken path to something huge is noticed at once.
constexpr std::size_t kMostBytes = 1 << 20;

[[noreturn]] void give_up(Problems& problems, const YAML::Mark& mark, std::string_view message) {
  problems.add(mark, "", message);
  problems.throw_if_any();
  std::abort();
}

std::string read_file(Problems& problems) {
  errno = 0;
  std::ifstream in(problems.file(), std::ios::binary);
  std::string text(kMostBytes + 1, '\0');
  if (in) in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad() || (in.fail() && !in.eof())) {
    // That says nothing about the file: a sidecar is no bad one for it.
    if (const std::error_code error(errno, std::generic_category()); is_shortage(error))
      throw std::system_error(error, "read " + printable(problems.file().native()));
    give_up(problems, YAML::Mark::null_mark(),
            fmt::format("cannot be read: {}", std::generic_category().message(errno)));
  }
  text.resize(static_cast<std::size_t>(in.gcount()));
  if (text.size() > kMostBytes) {
    give_up(problems, YAML::Mark::null_mark(), "is larger than 1 MiB; this is no configuration of chunkrd");
  }
  return text;
}

}  // namespace

YAML::Node load_document(Problems& problems, std::string_view if_empty) {
  const std::string text = read_file(problems);
  if (const auto mistake = mistake_in(text)) give_up(problems, mistake->at, mistake->message);
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.empty() || documents.front().IsNull()) {
      give_up(problems, YAML::Mark(), fmt::format("the file is empty; {}", if_empty));
    }
    if (documents.size() > 1) {
      give_up(problems, documents[1].Mark(), "a second document begins here; one file has one document");
    }
    return documents.front();
  } catch (const YAML::Exception& error) {
    const YamlMistake mistake = explained(error, text);
    give_up(problems, mistake.at, mistake.message);
  }
}

}  // namespace chunkrd::config
