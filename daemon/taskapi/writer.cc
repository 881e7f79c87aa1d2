#include "taskapi/writer.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/string.hpp>
#include <boost/url/encode.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>
#include <boost/url/url.hpp>
#include <stdexcept>

#include "core/iso_time.h"

namespace chunkrd::taskapi {
namespace {

/// The members of the JSON object `text`, without its braces.
std::string_view members(std::string_view text) {
  const auto first = text.find('{') + 1;
  return text.substr(first, text.rfind('}') - first);
}

/// `text` as a JSON string without its last quote: more of the string may follow.
std::string begun(const std::string& text) {
  std::string json = boost::json::serialize(boost::json::string(text));
  json.pop_back();
  return json;
}

/// What of `file` comes before the base64.
struct BeginningOfFile {
  std::string operator()(const LocalFile&) const { return begun(""); }
  std::string operator()(const WebAddress& address) const { return begun(address.url); }
  std::string operator()(const DataUrl& data) const { return begun("data:" + data.media_type + ";base64,"); }
};

}  // namespace

CreateFrame create_frame(const CreateRequest& request) {
  boost::json::error_code error;
  const boost::json::value parsed = boost::json::parse(request.settings, error);
  if (error || !parsed.is_object())
    throw std::invalid_argument("the settings of a create are not a JSON object");
  const boost::json::object& object = parsed.get_object();
  if (object.contains("file") || object.contains("file_name"))
    throw std::invalid_argument("the settings of a create name a document");

  CreateFrame frame{.before = R"({"file":)" + std::visit(BeginningOfFile{}, request.document), .after = "\""};
  if (request.file_name)
    frame.after.append(R"(,"file_name":)")
        .append(boost::json::serialize(boost::json::string(*request.file_name)));
  if (!object.empty()) frame.after.append(",").append(members(request.settings));
  frame.after += "}";
  return frame;
}

std::string task_path(std::string_view task_id) {
  return "/api/v1/task/" + boost::urls::encode(task_id, boost::urls::unreserved_chars);
}

std::string list_target(const ListQuery& query) {
  boost::urls::url target("/api/v1/tasks");
  auto parameters = target.params();
  if (query.cursor)
    // "+" too: it would be read as a space.
    target.encoded_params().append(
        {"cursor", boost::urls::encode(*query.cursor, boost::urls::unreserved_chars)});
  else
    parameters.append({"page", std::to_string(query.page)});
  parameters.append({"limit", std::to_string(query.limit)});
  if (query.start) parameters.append({"start", to_iso(*query.start)});
  if (query.end) parameters.append({"end", to_iso(*query.end)});
  parameters.append({"include_chunks", "false"});
  return std::string(target.buffer());
}

}  // namespace chunkrd::taskapi
