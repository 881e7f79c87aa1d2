#include "pipeline/content_type.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <magic.h>

#include <algorithm>
#include <array>
#include <boost/algorithm/string/case_conv.hpp>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>

#include "core/durable.h"
#include "core/escape.h"

namespace chunkrd::pipeline {
namespace {

struct CloseMagic {
  void operator()(magic_set* cookie) const noexcept { ::magic_close(cookie); }
};

std::string media_type(const std::filesystem::path& file) {
  const auto opened = durable::open(file, O_RDONLY | O_NOFOLLOW);
  const std::unique_ptr<magic_set, CloseMagic> cookie(::magic_open(MAGIC_MIME_TYPE | MAGIC_ERROR));
  if (!cookie || ::magic_load(cookie.get(), nullptr) != 0)
    throw std::runtime_error("libmagic's database cannot be loaded; is libmagic-mgc installed?");
  const char* answer = ::magic_descriptor(cookie.get(), opened.get());
  if (answer != nullptr) return answer;
  // It could not be read: that says nothing about its type.
  if (const int error = ::magic_errno(cookie.get()); error != 0)
    throw std::system_error(error, std::generic_category(),
                            "look at the content of " + printable(file.native()));
  return "application/octet-stream";
}

// Old and new office files are containers, and libmagic does not always look inside far enough to tell which.
struct Type {
  std::string_view ending, media_type;
  std::string_view container = {};  ///< believed where the name says the rest
};
constexpr std::string_view kZip = "application/zip";
constexpr std::string_view kOle = "application/x-ole-storage";
constexpr std::string_view kOleOfNewer = "application/CDFV2";
constexpr auto kTypes = std::to_array<Type>({
    {"pdf", "application/pdf"},
    {"doc", "application/msword", kOle},
    {"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", kZip},
    {"ppt", "application/vnd.ms-powerpoint", kOle},
    {"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation", kZip},
    {"xls", "application/vnd.ms-excel", kOle},
    {"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", kZip},
    {"jpg", "image/jpeg"},
    {"jpeg", "image/jpeg"},
    {"png", "image/png"},
});

std::string ending_of(const std::string& name) {
  const std::string written = std::filesystem::path(name).extension().native();
  return boost::algorithm::to_lower_copy(written.substr(std::min<std::size_t>(written.size(), 1)));
}

bool is_container_of(const Type& type, std::string_view found) {
  return !type.container.empty() &&
         (found == type.container || (type.container == kOle && found.starts_with(kOleOfNewer)));
}

}  // namespace

std::optional<std::string> fault_of_content(const std::filesystem::path& file, const std::string& name,
                                            const std::vector<std::string>& types) {
  const auto own = std::ranges::find(kTypes, ending_of(name), &Type::ending);
  if (types.empty() || own == kTypes.end()) return std::nullopt;
  const std::string found = media_type(file);
  if (is_container_of(*own, found)) return std::nullopt;
  // Exactly as the contract has it: in lower case.
  const bool recognised = found != "application/octet-stream" && found != "text/plain";
  if (!recognised && name.ends_with(".pdf")) return std::nullopt;
  for (const Type& type : kTypes)
    if (type.media_type == found && std::ranges::find(types, type.ending) != types.end()) return std::nullopt;
  return fmt::format("its content is {}, which this inbox does not take (types: {})", found,
                     fmt::join(types, ", "));
}

std::string ending_of_content(const std::filesystem::path& file) {
  const auto type = std::ranges::find(kTypes, media_type(file), &Type::media_type);
  return type == kTypes.end() ? std::string() : "." + std::string(type->ending);
}

bool has_type_of_service(const std::string& name) {
  return std::ranges::find(kTypes, ending_of(name), &Type::ending) != kTypes.end();
}

}  // namespace chunkrd::pipeline
