#pragma once

#include <optional>
#include <string>
#include <vector>

#include "inbox/spool.h"
#include "pipeline/context.h"
#include "pipeline/lifecycle.h"
#include "pipeline/place.h"
#include "queue/job.h"

/// Sidecars: NAME.chunkr.yaml beside NAME has settings of its own for it. It goes where its document goes.
/// `place` is the document's own: home_of(). All of this blocks: file pool. Throws FolderGone,
/// std::system_error.
namespace chunkrd::pipeline::sidecar {

/// Reads the sidecar that lies in the spool, and says what it makes of the profile's settings, or what is
/// wrong with it.
std::variant<lifecycle::OwnSettings, lifecycle::Fault> read(const Rules& rules, const Place& place,
                                                            const queue::Job& job);

/// What is said of a sidecar that was there and did not come into the spool.
lifecycle::Fault fault_of(const queue::Job& job, inbox::Taken taken);

/// What a document without a sidecar is submitted with.
lifecycle::OwnSettings of_profile(const Rules& rules, const Place& place, const queue::Job& job);

bool lies_in_spool(const Place& place, const queue::Job& job);

/// Puts the sidecar beside the document that has been put onto `shelf` as `document`. One that lies there
/// already is another document's, long gone: it is given another name first. Repeatable.
void put(outbox::Shelf& shelf, const Place& place, const queue::Job& job, const std::string& document);

/// Puts it beside the document that went back into the inbox as `document`; a newer one there stays.
void give_back(outbox::Shelf& inbox, const Place& place, const queue::Job& job, const std::string& document);

/// Brings the sidecar of a document that was put into failed/ back into the spool. Its identity; empty if
/// there is none.
std::string bring_back(const Place& place, const queue::Job& job);

/// Deletes the sidecar beside the document that was put away as `document`, if it is the one of this row.
void remove_archived(const outbox::Shelf& shelf, const queue::Job& job, const std::string& document);

/// Deletes what is in the spool.
void drop(const Place& place, const queue::Job& job);

}  // namespace chunkrd::pipeline::sidecar
