#include "queue/command.h"

#include <array>
#include <utility>

namespace chunkrd::queue {
namespace {

constexpr auto kKinds = std::to_array<std::pair<CommandKind, std::string_view>>({
    {CommandKind::retry, "retry"},
    {CommandKind::cancel, "cancel"},
    {CommandKind::reprocess, "reprocess"},
    {CommandKind::remove, "delete"},
    {CommandKind::pause, "pause"},
    {CommandKind::resume, "resume"},
    {CommandKind::drain, "drain"},
    {CommandKind::reload, "reload"},
});

}  // namespace

std::string_view to_string(CommandKind kind) noexcept {
  for (const auto& [known, name] : kKinds)
    if (known == kind) return name;
  return {};
}

std::optional<CommandKind> command_from(std::string_view text) noexcept {
  for (const auto& [kind, name] : kKinds)
    if (name == text) return kind;
  return std::nullopt;
}

std::string_view to_string(CommandAnswer::Outcome outcome) noexcept {
  switch (outcome) {
    case CommandAnswer::Outcome::done:
      return "done";
    case CommandAnswer::Outcome::accepted:
      return "accepted";
    case CommandAnswer::Outcome::refused:
      return "refused";
  }
  return {};
}

}  // namespace chunkrd::queue
