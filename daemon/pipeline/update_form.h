#pragma once

#include <string>
#include <string_view>

/// What an update (PATCH) sends, and how one knows whether it took. Pure; all strings are JSON objects.
namespace chunkrd::pipeline {

/// The UpdateForm that leads from the settings `now` to `wanted` (both CreateForm without the document,
/// canonical): only what changes is in it. A setting that `wanted` does not name any more is sent as the
/// service's default, because absent and null mean "as it is" in an update (contract); `expires_in` alone has
/// no value that takes it back and stays. `segment_processing` goes by segment type, everything else whole.
std::string update_form(std::string_view now, std::string_view wanted);

/// Does the task's `configuration` show everything that `form` asked for? A failed update goes back to the
/// settings before (contract), and this is how it is told from one that took. Fields that the service adds
/// are no difference; nor is a null that it has filled in, as it does with models.
bool is_in_effect(std::string_view form, std::string_view configuration);

}  // namespace chunkrd::pipeline
