#include "local/input_type.h"

#include "local/parser/document_type.h"

namespace chunkrd::local {

std::optional<server::InputType> detect_input(const std::filesystem::path& document,
                                              std::string_view file_name) {
  const auto type = detect_type(document, file_name);
  if (!type) return std::nullopt;
  switch (*type) {
    case DocumentType::pdf:
      return server::InputType{"application/pdf", "pdf"};
    case DocumentType::png:
      return server::InputType{"image/png", "png"};
    case DocumentType::jpeg:
      return server::InputType{"image/jpeg", "jpg"};
    case DocumentType::tiff:
      return server::InputType{"image/tiff", "tiff"};
    case DocumentType::markdown:
      return server::InputType{"text/markdown; charset=utf-8", "md"};
    case DocumentType::plain_text:
      return server::InputType{"text/plain; charset=utf-8", "txt"};
  }
  return std::nullopt;
}

}  // namespace chunkrd::local
