#include "pipeline/link.h"

#include <algorithm>
#include <array>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cctype>
#include <filesystem>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/errors.h"
#include "core/escape.h"
#include "outbox/folder.h"
#include "taskapi/link.h"

namespace chunkrd::pipeline {
namespace {

constexpr std::string_view kEnding = ".url";

// The types of the contract. The ending is for people: the service looks at the content.
constexpr auto kEndings = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"application/pdf", "pdf"},
    {"application/msword", "doc"},
    {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx"},
    {"application/vnd.ms-powerpoint", "ppt"},
    {"application/vnd.openxmlformats-officedocument.presentationml.presentation", "pptx"},
    {"application/vnd.ms-excel", "xls"},
    {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"},
    {"image/jpeg", "jpg"},
    {"image/png", "png"},
});

char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string plain(std::string_view text, std::size_t length_max) {
  std::string ascii;
  for (const char c : text.substr(0, length_max)) {
    const auto byte = static_cast<unsigned char>(c);
    ascii += byte < 0x80 && (std::isalnum(byte) != 0 || c == '-') ? c : '_';
  }
  return ascii;
}

std::string tagged(const std::filesystem::path& name, const std::string& tag, std::string ending) {
  if (ending.empty())
    ending = name.extension().native().substr(std::min<std::size_t>(name.extension().native().size(), 1));
  std::string result = plain(name.stem().native(), 40) + "-" + tag;
  if (ending.empty()) return result;
  ending = plain(ending, 10);
  std::ranges::transform(ending, ending.begin(), lower);
  return result + "." + ending;
}

std::string ending_of(const taskapi::DataUrl& document) {
  const std::string_view type =
      std::string_view(document.media_type).substr(0, document.media_type.find(';'));
  for (const auto& [known, ending] : kEndings)
    if (boost::algorithm::iequals(type, known)) return std::string(ending);
  return {};
}

}  // namespace

bool is_link(const std::string& name) {
  return boost::algorithm::iends_with(name, kEnding);
}

std::expected<Document, std::string> document_of(const Place& place, const queue::Job& job) {
  const auto spool = home_of(place, job).spool;
  const auto spooled = spool.path_of(job.id);
  if (!is_link(job.name)) {
    try {
      // It is read on the event loop: whether it can be is seen here first. In the folder that is known: a
      // name leads to nothing also while the spool's mount is gone.
      const outbox::Folder folder(spool.folder(), spool.open());
      if (!folder.open_if_file(job.id))
        return std::unexpected("open " + printable(spooled.native()) + ": there is no such file");
    } catch (const std::system_error& error) {
      if (is_shortage(error)) throw;
      return std::unexpected(std::string(error.what()));
    }
    return taskapi::LocalFile{.path = spooled, .size_bytes = job.size_bytes, .sha256 = job.sha256};
  }
  auto link = taskapi::read_link(spooled);
  if (!link) return std::unexpected(std::move(link).error());
  return std::visit([](auto&& one) -> Document { return std::forward<decltype(one)>(one); },
                    *std::move(link));
}

std::optional<std::string> submitted_name(const queue::Job& job, const Document& document) {
  if (std::holds_alternative<taskapi::WebAddress>(document)) return std::nullopt;
  const auto* data = std::get_if<taskapi::DataUrl>(&document);
  if (data == nullptr) return tagged(job.name, job.tag, {});
  return tagged(job.name.substr(0, job.name.size() - kEnding.size()), job.tag, ending_of(*data));
}

std::vector<std::string> names_at(const taskapi::WebAddress& address) {
  const auto url = boost::urls::parse_uri(address.url);
  if (!url || url->encoded_segments().empty()) return {};
  const auto last = url->encoded_segments().back();
  if (last.empty()) return {};
  std::vector<std::string> names{url->segments().back()};
  // Whether the service decodes it is not known.
  if (names.front() != std::string_view(last.data(), last.size()))
    names.emplace_back(last.data(), last.size());
  return names;
}

}  // namespace chunkrd::pipeline
