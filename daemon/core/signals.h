#pragma once

namespace chunkrd {

/// Signals as we count on them, whatever whoever started the process had made of them: none is blocked,
/// children can be waited for, and a closed pipe or a file that has reached the limit of the process
/// (RLIMIT_FSIZE) is an error of the call that met it, not the process's end. First thing in main(), before
/// any thread.
void take_up_signals() noexcept;

}  // namespace chunkrd
