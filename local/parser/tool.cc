#include "local/parser/tool.h"

#include <system_error>

#include "local/parser/failure.h"

namespace chunkrd::local {
namespace {

/// What posix_spawn says of a program that is not there, or is none.
bool is_about_the_program(const std::error_code& error) {
  for (const auto code : {std::errc::no_such_file_or_directory, std::errc::not_a_directory,
                          std::errc::permission_denied, std::errc::executable_format_error})
    if (error == code) return true;
  return false;
}

/// The dynamic linker's exit code for a program without its libraries.
constexpr int kExitNotRun = 127;

}  // namespace

ChildResult run_tool(const Need& program, const std::vector<std::string>& arguments,
                     const ChildLimits& limits) {
  std::vector<std::string> command{std::string(program.name)};
  command.insert(command.end(), arguments.begin(), arguments.end());
  try {
    ChildResult result = run_child(command, limits);
    if (result.end == ChildResult::End::exited && result.exit_code == kExitNotRun)
      throw InstallationFault(std::string(program.name) + " cannot be run on this machine (Debian package " +
                              std::string(program.package) +
                              "): " + result.errors.substr(0, result.errors.find('\n')));
    return result;
  } catch (const std::system_error& error) {
    if (is_about_the_program(error.code())) throw InstallationFault(describe(program));
    throw;
  }
}

}  // namespace chunkrd::local
