#pragma once

#include <filesystem>
#include <string>

#include "pipeline/lifecycle.h"
#include "pipeline/place.h"

namespace chunkrd::pipeline {

/// What lies around of a document whose original is not where its row says. Retention may have forgotten that
/// it was delivered, so a result is known by its manifest, or by the task that stands in it under a name that
/// the document would have got. Blocking: file pool. Throws FolderGone, std::system_error.
lifecycle::Traces traces_of(const Place& configured, const queue::Job& job);

/// The result alone; of `outbox`.
std::optional<lifecycle::Published> result_in(const std::filesystem::path& outbox, const Place& place,
                                              const queue::Job& job);

/// Puts `report` into failed/, where there is no document to put beside it. The same.
void put_report_alone(const Place& configured, const queue::Job& job, const std::string& report);

}  // namespace chunkrd::pipeline
