#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace chunkrd::local {

enum class DocumentType { pdf, png, jpeg, tiff, markdown, plain_text };

/// What `file` is, judged by its content (libmagic); nothing for what this service does not parse, which the
/// contract answers with 400 `Unsupported file type`. The name decides between Markdown and plain text, and
/// where the content does not: text named *.txt or *.md is text, whatever it looks like (JSON, a program, a
/// letter with its head), and a file named *.pdf that begins with something else passes when its pages can be
/// counted (contract).
///
/// Blocking; may start pdfinfo. Throws InstallationFault without libmagic's database or pdfinfo,
/// std::system_error. Any thread.
std::optional<DocumentType> detect_type(const std::filesystem::path& file, std::string_view file_name);

/// How many pages the document has: those of a PDF (a few milliseconds; pdfinfo), 1 for an image, 0 for a
/// PDF that cannot be opened, and 1 for text, which has no pages before it is parsed.
///
/// Blocking. Throws InstallationFault without pdfinfo, std::system_error. Any thread.
std::uint32_t count_pages(const std::filesystem::path& file, DocumentType type);

}  // namespace chunkrd::local
