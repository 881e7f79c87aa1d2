#pragma once

#include <string>
#include <vector>

#include "core/async.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"

/// The task of a submit whose answer was lost, in the service's list.
namespace chunkrd::pipeline {

/// By our tag in its file name.
awaitable<lifecycle::Search> find_by_tag(queue::Job job, Context& context);

/// The one of a link, by the names that its address gives it at the service: see may_be_link_task(). Nothing
/// is found while another link that would have the same name waits for its task too: nobody can tell then
/// whose it is, and another document's result is worse than a document that is paid for twice.
awaitable<lifecycle::Search> find_by_address(queue::Job job, Context& context);

}  // namespace chunkrd::pipeline
