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
/// InstallationFault without pdfinfo, std::system_error if the system refuses a process.
PdfInfo read_pdf_info(const std::filesystem::path& file);

/// The failure that poppler's complaints on standard error stand for, in words for the document's owner.
std::string_view pdf_complaint(std::string_view errors);

/// The part of pdfinfo's output that no document can write: behind the last line that begins with "Pages:",
/// that included. Before it come title, author and the like, line breaks and all. Empty if there is none.
std::string_view behind_metadata(std::string_view pdfinfo);

/// True if the file was cut: a PDF closes with `startxref` and `%%EOF`. Poppler guesses what may have been in
/// a cut file; half a document given as a whole one is worse than a clear failure. What stands behind an end
/// does not count, however long it is (what mail gateways and disks leave), unless objects are in it: then an
/// earlier end was found, that of a first version or of a first page. Blocking. Throws std::system_error.
bool is_cut_off(const std::filesystem::path& file);

}  // namespace chunkrd::local
