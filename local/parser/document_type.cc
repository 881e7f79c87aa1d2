#include "local/parser/document_type.h"

#include <magic.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "local/parser/failure.h"
#include "local/parser/pdf_info.h"

namespace chunkrd::local {
namespace {

struct CloseMagic {
  void operator()(magic_set* cookie) const noexcept { ::magic_close(cookie); }
};

/// "application/pdf; charset=binary"
std::string media_type(const std::filesystem::path& file) {
  const std::unique_ptr<magic_set, CloseMagic> cookie(::magic_open(MAGIC_MIME | MAGIC_ERROR));
  if (!cookie || ::magic_load(cookie.get(), nullptr) != 0)
    throw std::runtime_error("libmagic's database cannot be loaded; is libmagic-mgc installed?");
  const char* answer = ::magic_file(cookie.get(), file.c_str());
  return answer ? answer : "";
}

bool is_markdown_name(std::string_view name) {
  return name.ends_with(".md") || name.ends_with(".markdown");
}

}  // namespace

std::optional<DocumentType> detect_type(const std::filesystem::path& file, std::string_view file_name) {
  const std::string type = media_type(file);
  if (type.starts_with("application/pdf;")) return DocumentType::pdf;
  if (type.starts_with("image/png;")) return DocumentType::png;
  if (type.starts_with("image/jpeg;")) return DocumentType::jpeg;
  if (type.starts_with("image/tiff;")) return DocumentType::tiff;
  const bool readable = type.ends_with("charset=utf-8") || type.ends_with("charset=us-ascii");
  // Prose with a code block or a tag in it is often taken for source code: the name is the better witness.
  if (readable && type.starts_with("text/") && is_markdown_name(file_name)) return DocumentType::markdown;
  if (readable && type.starts_with("text/") && file_name.ends_with(".txt")) return DocumentType::plain_text;
  if (readable && type.starts_with("text/plain;")) return DocumentType::plain_text;
  const bool recognised = !type.starts_with("application/octet-stream;") && !type.starts_with("text/plain;");
  if (!recognised && file_name.ends_with(".pdf") && count_pages(file, DocumentType::pdf) > 0)
    return DocumentType::pdf;
  return std::nullopt;
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
