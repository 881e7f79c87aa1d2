#pragma once

#include <filesystem>

namespace chunkrd::local {

/// `chunkr-local parse ORDER.json`: parses one document and leaves the results in the order's output folder,
/// `output.json` last. Lines on standard output say how far it is. Meant to be a process of its own, which
/// the system's limits or a signal may end at any moment.
///
/// Returns the exit code: 0; 2 if the document cannot be parsed, with the reason in `<output>/error.txt`;
/// 70 with the reason on standard error for a mistake of ours.
int run_parse(const std::filesystem::path& order);

}  // namespace chunkrd::local
