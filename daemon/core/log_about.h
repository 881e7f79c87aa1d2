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
  std::string inbox = {};  ///< bytes
};

/// Whether the same warning about another document counts as the same again (Repetitions): a cause that all
/// of them have, told for each of them in each of its attempts, is one line a minute.
enum class Alike { each_document, all_documents };

/// Logs "`what` job=... name="..." state=... `detail`". Formats with members of their own (JSON) have each
/// field of `about` as one, too, so that nobody has to take a message apart. Any thread.
void log_about(spdlog::level::level_enum level, std::string_view what, const About& about,
               std::string_view detail = {}, Alike alike = Alike::each_document);

/// Of the line that this thread writes just now, for a formatter or a sink; null where it is about no
/// document.
const About* about_of_this_line() noexcept;

/// What lines like the one that this thread writes just now have in common; null where it is the whole text.
const std::string* repetition_key() noexcept;

}  // namespace chunkrd
