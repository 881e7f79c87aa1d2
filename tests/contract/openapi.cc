#include "tests/contract/openapi.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <set>
#include <stdexcept>

namespace chunkrd::contract {
namespace {

json::value scalar(const YAML::Node& node) {
  const std::string& text = node.Scalar();
  if (node.Tag() == "!") return json::string(text);  // written in quotes
  if (bool truth = false; (text == "true" || text == "false") && YAML::convert<bool>::decode(node, truth))
    return truth;
  if (std::int64_t whole = 0; YAML::convert<std::int64_t>::decode(node, whole)) return whole;
  if (double number = 0; YAML::convert<double>::decode(node, number)) return number;
  return json::string(text);
}

json::value as_json(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map: {
      json::object object;
      for (const auto& member : node) object[member.first.Scalar()] = as_json(member.second);
      return object;
    }
    case YAML::NodeType::Sequence: {
      json::array array;
      for (const auto& item : node) array.push_back(as_json(item));
      return array;
    }
    case YAML::NodeType::Scalar:
      return scalar(node);
    case YAML::NodeType::Null:
    case YAML::NodeType::Undefined:
      return nullptr;
  }
  return nullptr;
}

std::string text(const json::value& value) {
  return json::value_to<std::string>(value);
}

bool is_true(const json::object& schema, std::string_view key) {
  const auto* value = schema.if_contains(key);
  return value != nullptr && value->as_bool();
}

// JsonNull is written without an enum (see there): nothing but null.
bool is_only_null(const json::object& schema) {
  return is_true(schema, "nullable") && schema.contains("not");
}

std::vector<json::value> plain_values(const json::object& schema) {
  const auto* type = schema.if_contains("type");
  if (type == nullptr) return {json::object{{"any", json::array{1}}}, "text", 7};
  if (*type == "boolean") return {false, true};
  if (*type == "number") return {0, 0.5, 12345};
  if (*type == "integer") {
    const auto* least = schema.if_contains("minimum");
    return {least != nullptr ? *least : json::value(1), 42, std::numeric_limits<std::int32_t>::max()};
  }
  if (*type != "string") throw std::logic_error("a schema of type " + text(*type));
  const auto* format = schema.if_contains("format");
  if (format != nullptr && *format == "date-time")
    return {"2025-04-24T09:00:00.123456Z", "2025-04-24T11:00:00+02:00"};
  return {kAnyText};
}

bool is_required(const json::object& schema, std::string_view name) {
  const auto* list = schema.if_contains("required");
  return list != nullptr &&
         std::ranges::any_of(list->as_array(), [&](const json::value& one) { return text(one) == name; });
}

/// Calls `change` with each value inside `value`, from the outside in, and its place.
void each_place(json::value& value, const std::string& place,
                const std::function<void(const std::string&, json::value&)>& change) {
  change(place, value);
  if (auto* object = value.if_object())
    for (auto& member : *object) each_place(member.value(), place + "." + std::string(member.key()), change);
  if (auto* array = value.if_array())
    for (auto& item : *array) each_place(item, place + "[]", change);
}

}  // namespace

OpenApi::OpenApi() : document_(as_json(YAML::LoadFile(OPENAPI_YAML))) {}

std::vector<Operation> OpenApi::operations() const {
  std::vector<Operation> all;
  for (const auto& [path, item] : document_.at("paths").as_object()) {
    for (const auto& [method, described] : item.as_object()) {
      if (method == "parameters") continue;
      Operation operation{text(json::string(method)), std::string(path), &described.as_object(), {}};
      std::ranges::transform(operation.method, operation.method.begin(), [](char c) { return c & ~0x20; });
      for (const json::object* owner : {&item.as_object(), operation.described})
        if (const auto* parameters = owner->if_contains("parameters"))
          for (const json::value& one : parameters->as_array())
            operation.parameters.push_back(&resolved(one));
      all.push_back(std::move(operation));
    }
  }
  return all;
}

void OpenApi::add_examples(const json::object& described, const Example& place,
                           std::vector<Example>& all) const {
  for (const auto& [media_type, content] : described.at("content").as_object()) {
    Example example = place;
    example.media_type = std::string(media_type);
    if (const auto* one = content.as_object().if_contains("example")) {
      example.value = *one;
      all.push_back(example);
    }
    if (const auto* several = content.as_object().if_contains("examples"))
      for (const auto& named : several->as_object()) {
        example.value = resolved(named.value()).at("value");
        all.push_back(example);
      }
  }
}

std::vector<Example> OpenApi::examples() const {
  std::vector<Example> all;
  for (const Operation& operation : operations()) {
    if (const auto* body = operation.described->if_contains("requestBody"))
      add_examples(body->as_object(), {operation.name(), {}, {}, {}}, all);
    for (const auto& [status, answer] : operation.described->at("responses").as_object())
      add_examples(resolved(answer), {operation.name(), std::string(status), {}, {}}, all);
  }
  return all;
}

std::string OpenApi::example(std::string_view name) const {
  return json::serialize(document_.at("components").at("examples").at(name).at("value"));
}

const json::value& OpenApi::schema(std::string_view name) const {
  return document_.at("components").at("schemas").at(name);
}

const json::object& OpenApi::resolved(const json::value& schema) const {
  const json::object& object = schema.as_object();
  if (const auto* ref = object.if_contains("$ref"))
    return resolved(document_.at_pointer(text(*ref).substr(1)));
  if (const auto* all = object.if_contains("allOf")) {
    if (all->as_array().size() != 1) throw std::logic_error("an allOf of more than one schema");
    return resolved(all->as_array().front());
  }
  return object;
}

// The contract says "string" of a task's id, and the service makes UUIDs: it becomes part of addresses and of
// file names, so we take plain words alone.
std::vector<json::value> OpenApi::values_of(std::string_view name, const json::value& property) const {
  if (name == "task_id") return {"3f1c9c1e-6a52-4b0e-9a53-6f1c0c6a2f10"};
  return variants(property);
}

std::vector<json::value> OpenApi::objects(const json::object& schema) const {
  const auto* properties = schema.if_contains("properties");
  if (properties == nullptr) throw std::logic_error("an object without properties");
  json::object least, most;
  for (const auto& [name, property] : properties->as_object()) {
    const json::value first = values_of(name, property).front();
    most[name] = first;
    if (is_required(schema, name)) least[name] = first;
  }
  std::vector<json::value> all{least};
  for (const auto& [name, property] : properties->as_object())
    for (const json::value& value : values_of(name, property)) {
      json::object one = least;
      one[name] = value;
      all.emplace_back(std::move(one));
    }
  all.emplace_back(std::move(most));
  return all;
}

std::vector<json::value> OpenApi::variants(const json::value& unresolved) const {
  const json::object& schema = resolved(unresolved);
  if (is_only_null(schema)) return {nullptr};
  std::vector<json::value> all;
  const auto* type = schema.if_contains("type");
  if (const auto* choices = schema.if_contains("oneOf")) {
    for (const json::value& choice : choices->as_array())
      std::ranges::copy(variants(choice), std::back_inserter(all));
  } else if (const auto* names = schema.if_contains("enum")) {
    all.assign(names->as_array().begin(), names->as_array().end());
  } else if (type != nullptr && *type == "object") {
    all = objects(schema);
  } else if (type != nullptr && *type == "array") {
    const auto items = variants(schema.at("items"));
    all.emplace_back(json::array());
    for (const json::value& item : items) all.emplace_back(json::array{item});
    all.emplace_back(json::array(items.begin(), items.end()));
  } else {
    all = plain_values(schema);
  }
  if (is_true(schema, "nullable")) all.emplace_back(nullptr);
  return all;
}

void OpenApi::walk(const json::value& schema, std::string name, const Visit& visit) const {
  if (const auto* ref = schema.as_object().if_contains("$ref"))
    name = text(*ref).substr(text(*ref).rfind('/') + 1);
  if (const auto* one = schema.as_object().if_contains("allOf"))
    return walk(one->as_array().at(0), name, visit);
  const json::object& object = resolved(schema);
  if (!visit(object, name)) return;
  if (const auto* choices = object.if_contains("oneOf"))
    for (const json::value& choice : choices->as_array()) walk(choice, name, visit);
  if (const auto* items = object.if_contains("items")) walk(*items, name, visit);
  if (const auto* members = object.if_contains("properties"))
    for (const auto& [member, property] : members->as_object())
      walk(property, name + "." + std::string(member), visit);
}

std::vector<Property> OpenApi::properties(const std::string& root) const {
  std::vector<Property> all;
  std::set<std::string> visited;
  walk(schema(root), root, [&](const json::object& object, const std::string& owner) {
    const auto* members = object.if_contains("properties");
    if (members == nullptr) return true;
    bool first_visit = false;
    for (const auto& [name, property] : members->as_object()) {
      const Property found{owner, std::string(name), &property, is_required(object, name)};
      if (!visited.insert(found.full_name()).second) continue;
      all.push_back(found);
      first_visit = true;
    }
    return first_visit;
  });
  return all;
}

std::vector<Enum> OpenApi::enums(const std::string& root) const {
  std::vector<Enum> all;
  std::set<std::string> visited;
  walk(schema(root), root, [&](const json::object& object, const std::string& name) {
    const auto* values = object.if_contains("enum");
    if (values != nullptr && visited.insert(name).second)
      all.push_back({name, json::value_to<std::vector<std::string>>(*values)});
    return true;
  });
  return all;
}

std::vector<Changed> misspelt(const json::value& value) {
  std::vector<Changed> all;
  json::value copy = value;
  each_place(copy, "", [&](const std::string& place, json::value& inside) {
    auto* object = inside.if_object();
    if (object == nullptr) return;
    const json::object whole = *object;
    for (const auto& member : whole) {
      *object = whole;
      object->erase(member.key());
      (*object)[std::string(member.key()) + "x"] = member.value();
      all.push_back({place + "." + std::string(member.key()), copy});
    }
    *object = whole;
  });
  return all;
}

std::vector<Changed> spoilt(const json::value& value) {
  std::vector<Changed> all;
  json::value copy = value;
  each_place(copy, "", [&](const std::string& place, json::value& inside) {
    const json::value whole = inside;
    inside = json::object{{"no such key", 1}};
    all.push_back({place, copy});
    if (whole.is_string() && whole != kAnyText) {
      inside = "Nonsense";
      all.push_back({place + " (name)", copy});
    }
    inside = whole;
  });
  return all;
}

}  // namespace chunkrd::contract
