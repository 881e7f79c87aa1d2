#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace chunkrd::local {

struct PdfInfo {
  std::uint32_t page_count = 0;
};

/// Asks pdfinfo about a PDF, with limits of its own on time and memory.
///
/// Blocking. Throws DocumentFailure if it is protected by a password, damaged or without pages;
/// std::system_error if pdfinfo cannot be started.
PdfInfo read_pdf_info(const std::filesystem::path& file);

/// The failure that poppler's complaints on standard error stand for, in words for the document's owner.
std::string_view pdf_complaint(std::string_view errors);

/// True if the file has no end: a PDF closes with `startxref` and `%%EOF`. Poppler guesses what may have
/// been in a cut file; half a document given as a whole one is worse than a clear failure.
/// Blocking. Throws std::system_error.
bool is_cut_off(const std::filesystem::path& file);

}  // namespace chunkrd::local
