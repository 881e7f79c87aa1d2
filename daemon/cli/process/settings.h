#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "cli/process/documents.h"
#include "config/settings.h"

namespace chunkrd::cli::process {

/// What the command line of `chunkrd process` says.
struct Options {
  std::vector<std::filesystem::path> named;
  std::filesystem::path out = "chunkrd-out";
  std::filesystem::path config_file;  ///< empty: the usual one, where it is there
  std::string profile;
  std::vector<std::string> assignments;
  std::string artifacts;
  std::string api;
  bool local = false;
  bool json = false;
  bool quiet = false;
  bool another_service = false;
};

/// Where the queue and all else of these runs lies, below the output folder.
std::filesystem::path state_of(const std::filesystem::path& out);

/// The configuration for one run: service, profiles and limits from the configuration file, if there is one;
/// what the command line says over it; the folders of `documents` as inboxes that keep their originals. The
/// service's address is still to be filled in with `--local`. Throws UserError.
config::Settings settings_for(const Options& options, std::span<const Document> documents);

}  // namespace chunkrd::cli::process
