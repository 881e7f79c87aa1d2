#pragma once

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "local/parser/segment.h"

namespace chunkrd::local {

enum class EmbedSource { html, markdown, llm, content };
enum class OcrStrategy { all, where_needed };
enum class SegmentationStrategy { layout_analysis, page };
enum class ErrorHandling { fail, continue_without };
enum class Cropping { all, where_needed };
enum class Tokenizer { word, subword };

/// What the contract lets a client choose for one segment type. `html`, `markdown` and `llm` are not here:
/// there is no language model behind this service, so Auto and LLM are both done by rules.
struct TypeSettings {
  Cropping crop_image = Cropping::where_needed;
  std::vector<EmbedSource> embed_sources{EmbedSource::markdown};
};

/// What the contract's Configuration says about parsing, with the contract's defaults.
struct ParseSettings {
  OcrStrategy ocr = OcrStrategy::all;
  SegmentationStrategy segmentation = SegmentationStrategy::layout_analysis;
  ErrorHandling error_handling = ErrorHandling::fail;
  bool high_resolution = false;
  bool ignore_headers_and_footers = true;
  std::uint32_t target_length = 512;
  Tokenizer tokenizer = Tokenizer::word;
  std::array<TypeSettings, 12> types;  ///< by SegmentType

  const TypeSettings& of(SegmentType type) const { return types[static_cast<std::size_t>(type)]; }
};

/// One document to parse: what `chunkr-local parse` is told.
struct Order {
  std::filesystem::path input;
  std::string file_name;
  ParseSettings settings;
  std::filesystem::path output;
};

/// Reads an order as the server writes it. Throws boost::system::system_error or std::exception with a
/// sentence for whatever is not as agreed: the server wrote it, so that is a mistake of ours.
Order read_order(const std::filesystem::path& path);

/// The contract's Configuration, as JSON text. Absent and null settings keep the contract's defaults.
ParseSettings read_settings(std::string_view configuration);

}  // namespace chunkrd::local
