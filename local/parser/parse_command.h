#pragma once

#include <filesystem>

namespace chunkrd::local {

/// `chunkr-local parse ORDER.json`: parses one document and leaves the results in the order's output folder,
/// `output.json` last. Lines on standard output say how far it is. Meant to be a process of its own, which
/// the system's limits or a signal may end at any moment.
///
/// Returns the exit code: 0; 2 if the document cannot be parsed, 69 if a program that this needs is not
/// installed, 71 if the machine has run out of something and the document may be tried again (see failure.h),
/// with the reason in `<output>/error.txt`, or as the last line on standard output if that cannot be written;
/// 70 with the reason on standard error for a mistake of ours.
int run_parse(const std::filesystem::path& order);

}  // namespace chunkrd::local
