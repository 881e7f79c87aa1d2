#pragma once

namespace chunkrd::tests {

/// UBSan looks at memory through a pipe, and takes every object for a broken one where there can be none:
/// tests that take all descriptors away are skipped with it, and run in the release build.
#if __has_feature(undefined_behavior_sanitizer)
inline constexpr bool kSanitizerNeedsDescriptors = true;
#else
inline constexpr bool kSanitizerNeedsDescriptors = false;
#endif

}  // namespace chunkrd::tests
