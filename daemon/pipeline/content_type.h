#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace chunkrd::pipeline {

/// What is wrong with the content of `file`, which people know as `name`, where an inbox takes only `types`
/// (endings in lower case); nothing if it is of one of them.
///
/// Content is looked at (libmagic) where the ending is one of the contract's types, which the service judges
/// by content too. What libmagic does not recognise in a NAME.pdf passes, because the service may still count
/// its pages. Names of other endings are all there is to judge by.
///
/// Blocking: file pool. Throws std::runtime_error if libmagic's database cannot be loaded, std::system_error
/// if the file cannot be read.
std::optional<std::string> fault_of_content(const std::filesystem::path& file, const std::string& name,
                                            const std::vector<std::string>& types);

/// The ending that is usual for the content of `file`, with its dot: ".pdf"; empty where it is none of the
/// contract's types. Blocking; throws as fault_of_content().
std::string ending_of_content(const std::filesystem::path& file);

/// Does this name end like a type that the contract says the service takes?
bool has_type_of_service(const std::string& name);

}  // namespace chunkrd::pipeline
