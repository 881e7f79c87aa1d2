#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::contract {

namespace json = boost::json;

/// A text in the contract's own examples or in variants(): whatever the sender likes.
inline constexpr const char* kAnyText = "any \"text\", with \\ and \xc3\xa4";

/// One operation: "GET", "/api/v1/task/{task_id}".
struct Operation {
  std::string method, path;
  const json::object* described = nullptr;
  std::vector<const json::object*> parameters;  ///< its own and its path's

  std::string name() const { return method + " " + path; }
};

/// An example of an answer, or of a request's body where `status` is empty.
struct Example {
  std::string operation;  ///< "GET /health"
  std::string status;     ///< "200"
  std::string media_type;
  json::value value;
};

/// A property of an object that is sent or answered: "CreateForm", "ocr_strategy".
struct Property {
  std::string owner, name;
  const json::value* schema = nullptr;
  bool required = false;

  std::string full_name() const { return owner + "." + name; }
};

struct Enum {
  std::string name;
  std::vector<std::string> values;
};

/// tests/contract/openapi.yaml, which is what the project knows about the Task API. Tests take from it what
/// they try, so that nothing of it can be forgotten.
class OpenApi {
 public:
  OpenApi();

  std::vector<Operation> operations() const;
  std::vector<Example> examples() const;

  /// The example components.examples.NAME, as the service would send it.
  std::string example(std::string_view name) const;

  /// The schema components.schemas.NAME.
  const json::value& schema(std::string_view name) const;

  /// Follows $ref, and allOf with one schema in it.
  const json::object& resolved(const json::value& schema) const;

  /// Values that the schema allows: every value of an enum, null where it may be, each property of an object
  /// in turn with each of its values beside what is required, and at the end an object with all properties.
  std::vector<json::value> variants(const json::value& schema) const;

  /// Every property of the schema NAME and of what is inside it, each once.
  std::vector<Property> properties(const std::string& name) const;

  /// The enums inside the schema NAME.
  std::vector<Enum> enums(const std::string& name) const;

 private:
  /// Called with a schema inside another and the name it goes by; false: not further inside.
  using Visit = std::function<bool(const json::object&, const std::string&)>;

  void walk(const json::value& schema, std::string name, const Visit& visit) const;
  void add_examples(const json::object& described, const Example& place, std::vector<Example>& all) const;
  std::vector<json::value> values_of(std::string_view name, const json::value& property) const;
  std::vector<json::value> objects(const json::object& schema) const;

  json::value document_;
};

/// Copies of `value` with one thing changed at one place, each place once: see misspelt() and spoilt().
struct Changed {
  std::string place;  ///< ".chunk_processing.tokenizer"
  json::value value;
};

/// One key of an object written wrong.
std::vector<Changed> misspelt(const json::value& value);

/// One value replaced by one that no schema of the contract allows; an enum's by an unknown name too.
std::vector<Changed> spoilt(const json::value& value);

}  // namespace chunkrd::contract
