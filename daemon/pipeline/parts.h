#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/settings.h"
#include "outbox/outbox.h"

namespace chunkrd::pipeline {

/// Makes a profile's artifacts from what was collected in `folder`, and lists them all; `title` is
/// the document's name in them. Made again after a crash, but for the report, which may take a minute.
/// Blocking: file pool. Throws std::system_error, and artifacts::BrokenResult.
std::vector<outbox::Part> make_parts(const std::filesystem::path& folder, const std::string& title,
                                     const config::Profile& profile);

/// Whether what was collected in `folder` is not there any more.
bool lacks_collected(const std::filesystem::path& folder, const config::Profile& profile);

}  // namespace chunkrd::pipeline
