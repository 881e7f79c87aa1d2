#pragma once

#include <string>
#include <string_view>

namespace chunkrd::artifacts {

/// What every report has: its styles and its script. Static text: nothing of a document ever stands in it.
extern const std::string_view kReportStyle;
extern const std::string_view kReportScript;

/// The policy of a page that may run kReportScript and nothing else: "default-src 'none'; ...".
std::string report_policy();

}  // namespace chunkrd::artifacts
