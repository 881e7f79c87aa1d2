#pragma once

#include <simdjson.h>

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "core/iso_time.h"

/// Small pieces that read simdjson's on-demand values into our records. Used by the reader only.
namespace chunkrd::taskapi::fields {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

/// What is wrong, and where: the path grows while the exception passes the enclosing objects and arrays.
class Wrong : public std::runtime_error {
 public:
  explicit Wrong(const std::string& what, std::string path = {})
      : runtime_error(what), path_(std::move(path)) {}

  Wrong inside(const std::string& outer) const {
    const char* const between = path_.empty() || path_.front() == '[' ? "" : ".";
    return Wrong(what(), outer + between + path_);
  }
  std::string text() const { return path_.empty() ? what() : path_ + ": " + what(); }

 private:
  std::string path_;
};

inline std::string text(value field) {
  if (field.type() != json_type::string) throw Wrong("not a string");
  return std::string(std::string_view(field.get_string()));
}

inline std::string text_with_content(value field) {
  std::string result = text(field);
  if (result.empty()) throw Wrong("empty");
  return result;
}

inline double number(value field) {
  if (field.type() != json_type::number) throw Wrong("not a number");
  const double result = field.get_double();
  return result;
}

/// Counts and page numbers. A whole number written as 3.0 is one too.
inline int whole_number(value field) {
  const double result = number(field);
  if (result != std::trunc(result)) throw Wrong("not a whole number");
  if (std::abs(result) > std::numeric_limits<int>::max()) throw Wrong("out of range");
  return static_cast<int>(result);
}

inline WallTime time(value field) {
  const std::string written = text(field);
  const auto result = from_iso(written);
  if (!result) throw Wrong("not a time: \"" + written.substr(0, 40) + "\"");
  return *result;
}

/// The object's text as it came.
inline std::string raw_object(value field) {
  if (field.type() != json_type::object) throw Wrong("not an object");
  simdjson::ondemand::object object = field.get_object();
  const std::string_view raw = object.raw_json();
  return std::string(raw.substr(0, raw.find_last_of('}') + 1));
}

/// `read`, or nothing for null.
template <auto read>
auto nullable(value field) -> std::optional<decltype(read(field))> {
  if (field.is_null()) return std::nullopt;
  return read(field);
}

enum class Need { required, optional };

/// How one field of `Record` is read.
template <class Record>
struct Field {
  std::string_view name;
  Need need;
  void (*read)(value, Record&);
};

/// Reads the fields of one object, whatever their order; a name that is not listed is skipped.
template <class Record, std::size_t count>
Record read_object(value source, const Field<Record> (&known)[count]) {
  if (source.type() != json_type::object) throw Wrong("not an object");
  Record record;
  bool seen[count] = {};
  for (simdjson::ondemand::field entry : source.get_object()) {
    const std::string_view name = entry.unescaped_key();
    for (std::size_t i = 0; i < count; ++i) {
      if (known[i].name != name) continue;
      try {
        known[i].read(entry.value(), record);
      } catch (const Wrong& wrong) {
        throw wrong.inside(std::string(known[i].name));
      }
      seen[i] = true;
      break;
    }
  }
  for (std::size_t i = 0; i < count; ++i)
    if (known[i].need == Need::required && !seen[i]) throw Wrong("missing", std::string(known[i].name));
  return record;
}

/// Calls `read` with each element of an array.
template <class Read>
void each(value source, Read read) {
  if (source.type() != json_type::array) throw Wrong("not an array");
  std::size_t index = 0;
  for (value element : source.get_array()) {
    try {
      read(element);
    } catch (const Wrong& wrong) {
      throw wrong.inside("[" + std::to_string(index) + "]");
    }
    ++index;
  }
}

}  // namespace chunkrd::taskapi::fields
