#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace chunkrd::local {

enum class DocumentType { pdf, png, jpeg, tiff, markdown, plain_text };

/// What `file` is, judged by its content (libmagic); nothing for what this service does not parse, which the
/// contract answers with 400 `Unsupported file type`. The name decides only between Markdown and plain text,
/// and about bytes that nobody recognises: named *.pdf, they pass when their pages can be counted (contract).
///
/// Blocking; may start pdfinfo. Throws std::runtime_error if libmagic's database cannot be loaded,
/// std::system_error if pdfinfo cannot be started. Any thread.
std::optional<DocumentType> detect_type(const std::filesystem::path& file, std::string_view file_name);

/// How many pages the document has: those of a PDF (a few milliseconds; pdfinfo), 1 for an image, 0 for a
/// PDF that cannot be opened, and 1 for text, which has no pages before it is parsed.
///
/// Blocking. Throws std::system_error if pdfinfo cannot be started. Any thread.
std::uint32_t count_pages(const std::filesystem::path& file, DocumentType type);

}  // namespace chunkrd::local
