#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <variant>

#include "taskapi/client.h"

namespace chunkrd::taskapi {

/// What a NAME.url points to: a document elsewhere, or one within itself. Either goes into a CreateRequest.
using Link = std::variant<WebAddress, DataUrl>;

/// Reads a NAME.url: one line with an http or https address, or with `data:<type>;base64,<content>`; or a
/// shortcut as Windows ([InternetShortcut]) and freedesktop ([Desktop Entry]) write it, by its `URL=`. All of
/// a data URL's base64 is checked, none of it is kept.
///
/// Anything else is an error for people, which never repeats the address: it may be signed. Throws
/// std::system_error if the file cannot be read. Blocking.
std::expected<Link, std::string> read_link(const std::filesystem::path& file);

}  // namespace chunkrd::taskapi
