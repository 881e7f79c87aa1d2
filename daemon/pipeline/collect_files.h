#pragma once

#include <filesystem>

#include "artifacts/files.h"
#include "core/async.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"

namespace chunkrd::pipeline {

/// The files that a profile's artifacts are made of.
artifacts::FilesWanted files_wanted(const config::Profile& profile);

/// Reads the result that lies in `folder` and fetches the files that belong to it at once, while their
/// addresses are good. With a Summary that is whole, everything is durable.
awaitable<lifecycle::Collected> collect_files(const queue::Job& job, const Place& place,
                                              std::filesystem::path folder, const config::Profile& profile,
                                              Context& context);

}  // namespace chunkrd::pipeline
