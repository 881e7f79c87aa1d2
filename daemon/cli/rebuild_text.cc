#include "cli/rebuild_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <boost/json/value_from.hpp>

#include "core/counted.h"
#include "core/escape.h"

namespace chunkrd::cli {
namespace {

namespace json = boost::json;

// More are for --json.
constexpr std::size_t kTasksShown = 5;

std::string lost_text(const queue::Salvage& salvaged) {
  if (!salvaged.lost) return salvaged.whole ? "" : "; how many more there were is not known";
  return *salvaged.lost > 0 ? fmt::format("; {} more could not be read", *salvaged.lost) : "";
}

std::string tasks_text(const Rebuilt& rebuilt) {
  const auto& unknown = rebuilt.made.found.unknown_tasks;
  std::string text;
  if (!rebuilt.list_not_read.empty())
    text += fmt::format("task list: not read ({}); the daemon looks for the tasks of the documents itself\n",
                        rebuilt.list_not_read);
  if (unknown.empty()) return text;
  const std::size_t shown = std::min(kTasksShown, unknown.size());
  return text + fmt::format(
                    "task list: {} tasks have a tag as ours, but no document here: {}{}\n"
                    "  (of another chunkrd with this key, or of documents that are not here any more)\n",
                    unknown.size(),
                    fmt::join(unknown.begin(), unknown.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                    shown < unknown.size() ? ", ... (--json has all)" : "");
}

json::value number_or_null(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value(nullptr);
}

}  // namespace

std::string_view to_string(queue::Condition condition) noexcept {
  switch (condition) {
    case queue::Condition::missing:
      return "missing";
    case queue::Condition::whole:
      return "whole";
    case queue::Condition::damaged:
      return "damaged";
    case queue::Condition::newer:
      return "newer";
    case queue::Condition::foreign:
      return "foreign";
  }
  return {};
}

json::object to_json(const Rebuilt& rebuilt) {
  const auto& salvaged = rebuilt.made.salvaged;
  const auto& found = rebuilt.made.found;
  json::object object;
  object["dry_run"] = rebuilt.dry_run;
  object["queue"] = printable(rebuilt.queue.native());
  object["condition"] = to_string(rebuilt.old.condition);
  object["detail"] = valid_utf8(rebuilt.old.detail);
  object["unreadable_bytes"] = rebuilt.unreadable_bytes;
  object["kept"] =
      rebuilt.kept.empty() ? json::value(nullptr) : json::value(printable(rebuilt.kept.native()));
  object["jobs"] = rebuilt.made.jobs;
  object["salvaged"] = {{"jobs", salvaged.jobs},     {"lost", number_or_null(salvaged.lost)},
                        {"whole", salvaged.whole},   {"refused", salvaged.contradictory},
                        {"events", salvaged.events}, {"commands", salvaged.commands},
                        {"notes", salvaged.notes},   {"days", salvaged.days}};
  object["found"] = {{"delivered", found.delivered},
                     {"spooled", found.spooled},
                     {"failed", found.failed},
                     {"adopted", found.adopted},
                     {"looked_for", found.looked_for}};
  object["list_not_read"] =
      rebuilt.list_not_read.empty() ? json::value(nullptr) : json::value(rebuilt.list_not_read);
  object["unknown_tasks"] = json::value_from(found.unknown_tasks);
  object["left"] = json::value_from(found.left);
  object["today"] = {{"documents", rebuilt.made.today.documents}, {"pages", rebuilt.made.today.pages}};
  return object;
}

std::string to_text(const Rebuilt& rebuilt) {
  const auto& salvaged = rebuilt.made.salvaged;
  const auto& found = rebuilt.made.found;
  std::string text =
      fmt::format("{}: was {}{}\n", printable(rebuilt.queue.native()), to_string(rebuilt.old.condition),
                  rebuilt.old.detail.empty() ? "" : " (" + harmless(rebuilt.old.detail) + ")");
  if (rebuilt.unreadable_bytes > 0)
    text +=
        fmt::format("  {} bytes of it the disk does not give: replace the disk\n", rebuilt.unreadable_bytes);
  if (!rebuilt.kept.empty()) text += fmt::format("  kept as {}\n", printable(rebuilt.kept.native()));
  text += fmt::format(
      "old queue: {} jobs, {} events{}{}\n", salvaged.jobs, salvaged.events, lost_text(salvaged),
      salvaged.contradictory > 0
          ? fmt::format("; {} rows contradict themselves and were not taken", salvaged.contradictory)
          : "");
  text += fmt::format("outboxes:  {} delivered\nspool:     {}\nfailed:    {}\n", found.delivered,
                      counted(found.spooled, "document"), counted(found.failed, "document"));
  text += fmt::format(
      "to come:   {} found at the service, to be followed; {} to be looked for there before it is "
      "submitted\n",
      counted(found.adopted, "task"), counted(found.looked_for, "document"));
  text += tasks_text(rebuilt);
  text += fmt::format("today:     {}, {} known to be paid for\n",
                      counted(rebuilt.made.today.documents, "document"),
                      counted(rebuilt.made.today.pages, "page"));
  if (!salvaged.whole)
    text +=
        "pauses:    one by `chunkrd pause` may be forgotten: pause again before the start if there was one\n";
  for (const std::string& left : found.left) text += "left:      " + left + "\n";
  text += rebuilt.dry_run
              ? fmt::format("nothing was changed; the new queue would have {} jobs\n", rebuilt.made.jobs)
              : fmt::format("the new queue has {} jobs; start the daemon now\n", rebuilt.made.jobs);
  return text;
}

}  // namespace chunkrd::cli
