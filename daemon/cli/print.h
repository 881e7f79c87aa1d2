#pragma once

#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace chunkrd::cli {

/// Text for a person or a script, on standard output or standard error. Unlike fmt::print() it never throws:
/// a message that cannot be written (a full disk, a pipe that nobody reads) must not end the work that it is
/// about. What was lost on standard output is told once, at the end: main.cc.
void write_out(std::FILE* to, fmt::string_view format, fmt::format_args arguments) noexcept;

template <class... Args>
void put(fmt::format_string<Args...> format, Args&&... args) {
  write_out(stdout, format, fmt::make_format_args(args...));
}

template <class... Args>
void put_to(std::FILE* to, fmt::format_string<Args...> format, Args&&... args) {
  write_out(to, format, fmt::make_format_args(args...));
}

/// Whether the stream is a pipe or socket whose reader has gone.
bool nobody_reads(std::FILE* stream) noexcept;

}  // namespace chunkrd::cli
