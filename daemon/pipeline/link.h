#pragma once

#include <expected>
#include <string>
#include <variant>
#include <vector>

#include "pipeline/place.h"
#include "queue/job.h"
#include "taskapi/client.h"

/// Documents that are links: a NAME.url holds the address of a document, or a document as a data URL.
namespace chunkrd::pipeline {

/// Whether a document of this name is a link. Its bytes are then not the document's: another document may
/// stand at the same address tomorrow, so an earlier result is never delivered for it again.
bool is_link(const std::string& name);

using Document = std::variant<taskapi::LocalFile, taskapi::WebAddress, taskapi::DataUrl>;

/// What is to be submitted for a job: its file in the spool, or what the link there says. An error is for
/// people and never repeats an address. Blocking: file pool. Throws std::system_error.
std::expected<Document, std::string> document_of(const Place& place, const queue::Job& job);

/// Its name at the service: ASCII, a bit of its own name, our tag, its true ending. Nothing for an address:
/// the service takes the name that it finds there.
std::optional<std::string> submitted_name(const queue::Job& job, const Document& document);

/// The names that the service may give to the document at this address, unless the other side names it
/// (contract: a Content-Disposition name, else the last part of the path). Empty where it ends with a slash.
std::vector<std::string> names_at(const taskapi::WebAddress& address);

}  // namespace chunkrd::pipeline
