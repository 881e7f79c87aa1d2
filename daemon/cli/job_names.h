#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "queue/store.h"

namespace chunkrd::cli {

/// As much of a job's id as tables show: the time and 20 random bits, enough to name the job by.
std::string_view short_id(std::string_view id);

/// What JOB means in every command's help.
inline constexpr const char* kJobHelp =
    "A job's id, the beginning of its id, its name as `jobs` prints it, or a path: of the document in its "
    "inbox, of a result, of an original in archive or failed";

/// The job that a person means by `name`: its id or the beginning of it, in upper or lower case; else a path,
/// absolute or relative to the working directory, of the document in an inbox, of a result, or of an original
/// in archive or failed; else its name below its inbox, as printable() shows it. Of several documents with
/// one path or name it is the latest.
///
/// Throws UserError: usage with the candidates when several ids begin so or several inboxes had that name,
/// no_input when there is no such job.
queue::Job job_named(queue::Store& store, const config::Settings& settings, const std::string& name);

/// The jobs of several names, in their order, each once. Throws for the first that cannot be found, so that a
/// command does all that it was asked for or nothing.
std::vector<queue::Job> jobs_named(queue::Store& store, const config::Settings& settings,
                                   std::span<const std::string> names);

}  // namespace chunkrd::cli
