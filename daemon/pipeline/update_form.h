#pragma once

#include <string>
#include <string_view>

/// What an update (PATCH) sends, and how one knows whether it took. Pure; all strings are JSON objects.
namespace chunkrd::pipeline {

/// The UpdateForm that leads from the settings `now` to `wanted` (both CreateForm without the document,
/// canonical): only what changes is in it. A setting that `wanted` does not name any more is sent as the
/// service's default, because absent and null mean "as it is" in an update (contract); an object as an empty
/// one, which each release fills with its own defaults. `expires_in` alone has no value that takes it back
/// and stays. `segment_processing` goes by segment type, everything else whole.
std::string update_form(std::string_view now, std::string_view wanted);

/// Whether a task that was updated by `form`, from the settings `before`, runs or ran with it, by the
/// `configuration` that it has now. A failed update goes back to the settings before (contract): false where
/// it shows old values and no new one. It is paid for, so what cannot be told counts as taken: a server shows
/// not all that it reads (of 2.x, no `embed_sources`), and fills in what it likes.
bool is_in_effect(std::string_view before, std::string_view form, std::string_view configuration);

/// The same of an update whose answer was lost: only what is shown counts, since else it is sent again.
bool has_arrived(std::string_view before, std::string_view form, std::string_view configuration);

}  // namespace chunkrd::pipeline
