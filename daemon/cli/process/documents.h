#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "inbox/inbox.h"

namespace chunkrd::cli::process {

/// A document that was named on the command line, or lies in a folder that was.
struct Document {
  std::filesystem::path shown;  ///< as whoever named it knows it
  std::string inbox;  ///< the folder that its name is relative to: its own, or the one named (bytes)
  inbox::Arrival arrival;
  std::string title = {};  ///< the name of a link that was named; else empty
};

struct Found {
  std::vector<Document> documents;  ///< in the order of the command line, folders sorted; each file once
  /// In folders: what does not end like a type of the service.
  std::vector<std::filesystem::path> passed_over;
  std::size_t links_passed_over = 0;  ///< in folders
};

/// Finds what was named: files as they are, folders with all that is below, but for hidden and temporary
/// files, links and `out` itself. Blocking. Throws UserError (no_input, no_permission) with a line for each
/// name that leads to nothing.
Found find_documents(std::span<const std::filesystem::path> named, const std::filesystem::path& out);

}  // namespace chunkrd::cli::process
