#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace chunkrd::artifacts {

/// `text` (Markdown or HTML) with every picture that is fetched from elsewhere replaced by what `instead`
/// makes of its text: "![a harbour](https://...)" and <img> tags by instead("a harbour"). The service's
/// addresses end after an hour. Pure; the time it takes grows with the text, whatever is in it.
std::string with_pictures_replaced(std::string_view text,
                                   const std::function<std::string(std::string_view alt)>& instead);

/// With each such picture replaced by its text: addresses say nothing to a language model.
std::string without_picture_links(std::string_view text);

}  // namespace chunkrd::artifacts
