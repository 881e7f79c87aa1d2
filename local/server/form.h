#pragma once

#include <boost/json/object.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "local/server/dialect.h"

namespace chunkrd::local::server {

/// A request whose settings cannot be taken: 400 with this text. Worded like the hosted service's JSON
/// extractor, without its "at line 1 column 2" (the caller knows that).
class BadForm : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What the hosted service says about a language model that it does not know: 400 with this text alone.
class UnknownModel : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FormRules {
  std::vector<std::string> models;      ///< model ids that llm_processing may name
  std::int64_t expires_in_default = 0;  ///< seconds; 0: kept for ever
  Dialect dialect = Dialect::v1;
};

/// The contract's Configuration (without input_file_url) for a CreateForm: all defaults filled in,
/// segment_processing for all types. Unknown fields are ignored. Throws BadForm, UnknownModel.
boost::json::object configuration_for(const boost::json::object& form, const FormRules& rules);

/// The Configuration after an UpdateForm: absent and null keep the stored value, segment_processing is
/// merged per type, every other object is replaced whole. Throws BadForm, UnknownModel.
boost::json::object configuration_after(const boost::json::object& stored, const boost::json::object& form,
                                        const FormRules& rules);

/// The form's `file_name`, empty if absent or null. Throws BadForm.
std::string file_name_of(const boost::json::object& form);

/// "string \"x\"", "integer `3`", "null": how the extractor names a value it did not expect.
std::string name_of_value(const boost::json::value& value);

}  // namespace chunkrd::local::server
