#include "pipeline/write_looks.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <spdlog/spdlog.h>

#include <exception>
#include <string_view>
#include <system_error>
#include <utility>

#include "core/errors.h"
#include "core/escape.h"
#include "core/spawn.h"
#include "core/writable.h"

namespace chunkrd::pipeline {
namespace {

// Nothing is made in an inbox.
std::error_code why_not(const Folder& folder) {
  return std::string_view(folder.role) == "inbox" ? why_read_only(folder.path)
                                                  : why_not_writable(folder.path);
}

}  // namespace

bool WriteLooks::look(WallTime now, const Executor& loop) {
  for (auto& [path, look] : under_way_) {
    if (look.is_told || std::chrono::steady_clock::now() - look.since < patience_) continue;
    look.is_told = true;
    learnt_ = true;
    context_.unwritable.does_not_answer(look.folder, context_.rules->places, now);
  }
  for (Folder& folder : context_.unwritable.take_looks(now)) {
    under_way_.insert_or_assign(folder.path, Look{folder});
    asio::co_spawn(loop, look_at(std::move(folder)), kOrEnd);
  }
  tell();
  return std::exchange(learnt_, false);
}

awaitable<void> WriteLooks::look_at(Folder folder) {
  std::error_code error;
  try {
    error = co_await context_.files.run(folder.on, "look at " + folder.path.native(),
                                        [folder] { return why_not(folder); });
  } catch (const std::exception&) {
    // No more threads, or the daemon ends: it has not been looked at.
    error = std::make_error_code(std::errc::interrupted);
  }
  under_way_.erase(folder.path);
  if (context_.unwritable.looked(folder, error, context_.rules->places, context_.clock.now())) learnt_ = true;
  ended_.ring();
}

WallTime WriteLooks::next(WallTime now) const {
  WallTime next = context_.unwritable.next_look().value_or(WallTime::max());
  const auto steady_now = std::chrono::steady_clock::now();
  for (const auto& [path, look] : under_way_)
    if (!look.is_told)
      next = std::min(next, now + std::max(Duration(1),
                                           std::chrono::ceil<Duration>(look.since + patience_ - steady_now)));
  return next;
}

void WriteLooks::tell() {
  std::map<std::filesystem::path, std::string> now;
  for (const auto& trouble : context_.unwritable.all()) now.emplace(trouble.folder, trouble.why);
  for (const auto& [folder, why] : now)
    if (!told_.contains(folder)) spdlog::warn("submits paused (disk) where they need it: {}", why);
  for (const auto& [folder, why] : told_)
    if (!now.contains(folder)) spdlog::info("{} can be written to again", printable(folder.native()));
  told_ = std::move(now);
}

}  // namespace chunkrd::pipeline
