#pragma once

namespace chunkrd {

/// Opens those of the descriptors 0 to 2 that are closed, on /dev/null: otherwise the next file that is
/// opened gets their number, and what is said on standard error is written into it. First thing in main(),
/// before any thread. Ends the process with ExitCode::os_error where that is impossible.
void open_standard_streams() noexcept;

}  // namespace chunkrd
