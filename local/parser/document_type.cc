#include "local/parser/document_type.h"

#include <magic.h>

#include <algorithm>
#include <cerrno>
#include <initializer_list>
#include <memory>
#include <string>
#include <system_error>

#include "local/needs.h"
#include "local/parser/failure.h"
#include "local/parser/files.h"
#include "local/parser/pdf_info.h"
#include "local/parser/text_encoding.h"

namespace chunkrd::local {
namespace {

struct CloseMagic {
  void operator()(magic_set* cookie) const noexcept { ::magic_close(cookie); }
};

/// "application/pdf; charset=binary"
std::string media_type(const std::filesystem::path& file) {
  const std::unique_ptr<magic_set, CloseMagic> cookie(::magic_open(MAGIC_MIME | MAGIC_ERROR));
  if (!cookie) throw std::system_error(errno, std::generic_category(), "libmagic");
  if (::magic_load(cookie.get(), nullptr) != 0) {
    const int error = ::magic_errno(cookie.get());
    if (error == 0 || error == ENOENT) throw InstallationFault(describe(kMagic));
    throw std::system_error(error, std::generic_category(), "libmagic's database");
  }
  const char* answer = ::magic_file(cookie.get(), file.c_str());
  const int error = ::magic_errno(cookie.get());
  // A file that cannot be opened at the moment is not one of an unknown type.
  if (answer == nullptr && error != 0 && error != ENOENT)
    throw std::system_error(error, std::generic_category(), file.string());
  return answer != nullptr ? answer : "";
}

std::string small(std::string_view name) {
  std::string small(name);
  for (char& c : small)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return small;
}

bool ends_with_one_of(std::string_view name, std::initializer_list<std::string_view> endings) {
  return std::ranges::any_of(endings, [&](std::string_view ending) { return name.ends_with(ending); });
}

bool is_markdown_name(std::string_view name) {
  return ends_with_one_of(name, {".md", ".markdown"});
}

bool is_text_name(std::string_view name) {
  return is_markdown_name(name) || ends_with_one_of(name, {".txt", ".text", ".log"});
}

/// Text that says something as it stands. What is written to be shown by a program of its own is not, unless
/// its name says that it is meant as text.
bool is_plain(std::string_view type) {
  for (const std::string_view shown : {"text/html", "text/rtf", "text/xml"})
    if (type.starts_with(shown)) return false;
  for (const std::string_view plain :
       {"text/", "application/json;", "application/x-ndjson;", "application/csv;"})
    if (type.starts_with(plain)) return true;
  return false;
}

/// What is text at its beginning is text: a file may be a gigabyte, and the parser looks at all of it.
bool begins_as_text(const std::filesystem::path& file) {
  constexpr std::size_t kBeginning = std::size_t{1} << 20;
  return text_of_file(first_bytes_of(file, kBeginning)).has_value();
}

/// What libmagic makes of the bytes at the beginning alone, where nothing else can stand.
std::optional<DocumentType> type_by_signature(std::string_view type) {
  if (type.starts_with("application/pdf;")) return DocumentType::pdf;
  if (type.starts_with("image/png;")) return DocumentType::png;
  if (type.starts_with("image/jpeg;")) return DocumentType::jpeg;
  if (type.starts_with("image/tiff;")) return DocumentType::tiff;
  return std::nullopt;
}

}  // namespace

std::optional<DocumentType> detect_type(const std::filesystem::path& file, std::string_view file_name) {
  const std::string name = small(file_name);
  const std::string type = media_type(file);
  if (type.empty() || type.starts_with("inode/") || type.starts_with("application/x-empty;"))
    return std::nullopt;
  const auto signature = type_by_signature(type);
  if (signature && !is_text_name(name)) return signature;
  // A text about PDFs may begin like one.
  if (signature && (signature != DocumentType::pdf || count_pages(file, DocumentType::pdf) > 0))
    return signature;
  if (name.ends_with(".pdf") && count_pages(file, DocumentType::pdf) > 0) return DocumentType::pdf;
  if ((is_text_name(name) || is_plain(type)) && begins_as_text(file))
    return is_markdown_name(name) ? DocumentType::markdown : DocumentType::plain_text;
  return signature;
}

std::uint32_t count_pages(const std::filesystem::path& file, DocumentType type) {
  if (type != DocumentType::pdf) return 1;
  try {
    return read_pdf_info(file).page_count;
  } catch (const DocumentFailure&) {
    return 0;
  }
}

}  // namespace chunkrd::local
