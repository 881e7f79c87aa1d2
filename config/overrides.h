#pragma once

#include <span>
#include <string>

namespace chunkrd::config {

/// `settings` (CreateForm without the document, canonical JSON) with every assignment of a command line made:
/// `ocr_strategy=All`, `chunk_processing.target_length=1024`, `segment_processing.Table={html: LLM}`; an
/// empty value or null takes the setting back to the service's default. Checked like `parse:` in the
/// configuration. The result is canonical again.
///
/// Throws UserError (usage) that names the assignment and what is wrong with it.
std::string with_overrides(const std::string& settings, std::span<const std::string> assignments);

}  // namespace chunkrd::config
