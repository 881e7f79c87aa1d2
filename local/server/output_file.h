#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "local/server/body_source.h"
#include "local/server/task.h"

namespace chunkrd::local::server {

/// Checks a parser's output.json ({"page_count": 1, "chunks": [...]}) without holding it, and finds the
/// chunks in it. Nothing if it is not whole, or not of that shape. `run` of the answer is left empty.
/// Throws std::system_error if it cannot be read.
std::optional<Output> inspect_output(StoredFile output_json);

/// What stands for an image in output.json: "chunkr-local:images/NAME". Called with NAME; what it answers
/// takes the place's text in the answer. Nothing: the text stays as it is.
using ImageText = std::function<std::unique_ptr<BodySource>(const std::string& name)>;

/// The chunks of a finished task, images replaced.
std::unique_ptr<BodySource> chunks_source(StoredFile output_json, const Output& output, ImageText image_text);

}  // namespace chunkrd::local::server
