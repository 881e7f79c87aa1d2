#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/settings.h"

/// What a command line says instead of the configuration file; checked by the same rules. Each throws
/// UserError (usage) that names the option and what is wrong with its value.
namespace chunkrd::config {

/// `settings` (CreateForm without the document, canonical JSON) with every assignment of a command line made:
/// `ocr_strategy=All`, `chunk_processing.target_length=1024`, `segment_processing.Table={html: LLM}`; an
/// empty value or null takes the setting back to the service's default. Checked like `parse:` in the
/// configuration. The result is canonical again.
std::string with_overrides(const std::string& settings, std::span<const std::string> assignments);

/// `--api URL`, as `api.url`.
std::string service_address(const std::string& url);

/// `--artifacts A,...`, as `artifacts` of a profile.
std::vector<Artifact> artifacts_named(const std::string& list);

}  // namespace chunkrd::config
