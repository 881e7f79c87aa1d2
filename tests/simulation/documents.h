#pragma once

#include <string>

namespace chunkrd::simulation {

/// The documents of a run, by number: some are links, whose addresses share their last part with a few
/// others', some have a sidecar. The content of each begins with its name; nothing after a ';' belongs to it.
std::string name_of(int document);
bool is_link(int document);

/// What is dropped under its name. Of those whose names are used again each time is a `version`: another
/// content, but for every third one, which is as the first.
std::string bytes_of(int document, int version = 0);
/// Whether its name is used again where the plan has that.
bool is_used_again(int document);

/// What tells documents apart: content that comes back in a result, an archive or failed/. Of a link, whose
/// content lies elsewhere, its name.
std::string key_of(const std::string& name, const std::string& bytes);
/// The number of the document that has this key, or these bytes.
int document_of(const std::string& key);

bool has_sidecar(int document);
/// Whether its sidecar comes late where the plan has late sidecars: it may be taken with or without.
bool has_late_sidecar(int document);
/// Whether more is written into it later where the plan has late writers, and what.
bool has_late_writer(int document);
std::string addition_to(int document);
/// The settings that every task of it must have.
std::string settings_of(int document);

}  // namespace chunkrd::simulation
