#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/entry.h"

/// Readers of single values. Each refuses what it does not understand, saying what was found and what is
/// allowed.
namespace chunkrd::config {

/// Bounds of a value, both allowed.
template <class T>
struct Range {
  T least;
  T most;
};

Reader<bool> boolean();
Reader<std::int64_t> whole_number(Range<std::int64_t> range);
Reader<double> number(Range<double> range);
/// whole_number() for what is an `int`.
Reader<int> small_number(Range<int> range);

/// How much a document is preferred to others.
Reader<int> priority();

/// One of `profiles`; a near one is offered for any other.
Reader<std::string> name_of_profile(std::vector<std::string> profiles);

/// Any text, also one that looks like a number; not empty.
Reader<std::string> text();

/// "5s", "500ms", "2m", "1h", "1d", or a number of seconds.
Reader<std::chrono::milliseconds> milliseconds_in(Range<std::chrono::milliseconds> range);
/// The same, in whole seconds.
Reader<std::chrono::seconds> seconds_in(Range<std::chrono::seconds> range);

/// The same, or "never" (or 0): nothing.
Reader<std::optional<std::chrono::seconds>> seconds_or_never(Range<std::chrono::seconds> range);

/// "750MB", "1GiB", or a number of bytes.
Reader<std::uint64_t> size_in(Range<std::uint64_t> range);

/// A path, absolute or relative to the file's folder; returned absolute, without "." or a final slash.
Reader<std::filesystem::path> path();

/// http or https, a host, no query, no fragment, no user; returned without a final slash.
Reader<std::string> service_url();

/// http or https and a host, no fragment, no user; whatever path and query.
Reader<std::string> webhook_url();

/// One of `names`, which are also what the message offers.
Reader<std::string> one_of(std::vector<std::string> names);

/// One of the named values.
template <class Value>
Reader<Value> choice(std::vector<std::pair<std::string, Value>> values) {
  std::vector<std::string> names;
  for (const auto& [name, value] : values) names.push_back(name);
  return
      [read = one_of(std::move(names)), values = std::move(values)](const Entry& e) -> std::optional<Value> {
        const auto name = read(e);
        for (const auto& [known, value] : values) {
          if (name == known) return value;
        }
        return std::nullopt;
      };
}

/// A list of what `read` reads.
template <class Value>
Reader<std::vector<Value>> list_of(Reader<Value> read) {
  return [read = std::move(read)](const Entry& entry) -> std::optional<std::vector<Value>> {
    if (!entry.node().IsSequence()) {
      entry.wrong_kind("a list, such as [a, b],");
      return std::nullopt;
    }
    std::vector<Value> values;
    for (std::size_t i = 0; i < entry.node().size(); ++i) {
      if (auto value = read(entry.item(i))) values.push_back(std::move(*value));
    }
    return values;
  };
}

/// "1h", "90s", "500ms": the shortest exact way to write it.
std::string to_text(std::chrono::milliseconds duration);

/// "a", "a or b", "a, b or c".
std::string alternatives(const std::vector<std::string>& names);

}  // namespace chunkrd::config
