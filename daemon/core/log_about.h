#pragma once

#include <spdlog/common.h>

#include <string>
#include <string_view>

namespace chunkrd {

/// Which document a line of the log is about. What is empty is not known, and left out.
struct About {
  std::string job;
  std::string name = {};  ///< bytes; shown as printable()
  std::string state = {};
  std::string task_id = {};
};

/// Logs "`what` job=... name="..." state=... `detail`". Formats with members of their own (JSON) have each
/// field of `about` as one, too, so that nobody has to take a message apart. Any thread.
void log_about(spdlog::level::level_enum level, std::string_view what, const About& about,
               std::string_view detail = {});

/// Of the line that this thread writes just now, for a formatter or a sink; null where it is about no
/// document.
const About* about_of_this_line() noexcept;

}  // namespace chunkrd
