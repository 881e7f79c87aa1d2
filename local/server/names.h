#pragma once

#include <string>
#include <string_view>

/// Names that come from outside, before they go anywhere.
namespace chunkrd::local::server {

/// Whether `text` is a task's id as make_uuid() writes it. Nothing else is ever part of a path.
bool is_task_id(std::string_view text) noexcept;

/// The plain base name in a name that a client, or the server of a URL, has given: what stands after the last
/// slash of either kind, control characters and broken UTF-8 replaced, cut to 255 bytes with its ending kept.
/// Empty if that leaves nothing to call a file ("..", "a/").
std::string plain_file_name(std::string_view given);

}  // namespace chunkrd::local::server
