#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

#include "local/parser/document_type.h"
#include "local/parser/order.h"
#include "local/parser/page.h"

namespace chunkrd::local {

/// The pages of a document that could be read; `page_count` also counts those that were left out.
struct ReadPages {
  std::uint32_t page_count = 0;
  std::vector<Page> pages;
};

/// Reads the pages of a PDF: text layers, OCR as the settings ask, places of pictures. Says how far it is.
/// `scratch` is an existing folder for temporary files.
/// Blocking, up to seconds a page. Throws DocumentFailure; with ErrorHandling::continue_without only if the
/// whole document cannot be read, while a page that fails is left out.
ReadPages read_pdf(const std::filesystem::path& pdf, const ParseSettings& settings,
                   const std::filesystem::path& scratch);

/// Reads an image (all pages of a TIFF) and writes its PDF rendition to `pdf`. Throws as read_pdf() does.
ReadPages read_image_document(const std::filesystem::path& image, DocumentType type,
                              const std::filesystem::path& pdf, const std::filesystem::path& scratch);

}  // namespace chunkrd::local
