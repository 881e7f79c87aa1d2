#pragma once

#include <boost/json/object.hpp>
#include <string>
#include <string_view>

/// What servers of 2.x do otherwise than those of the contract, on the same paths: settings, and what is
/// shown of tasks. Pure.
namespace chunkrd::local::server {

/// Which releases' answers are given.
enum class Dialect {
  v1,  ///< the contract's: 1.11 to 1.14
  v2,  ///< 2.x as on customers' premises: a cursor, file_info, `content` and `text`, format and strategy
};

/// As /health calls it.
const char* version_of(Dialect dialect) noexcept;

/// Completes `configuration`, which was made of `form` by the contract's rules, with the settings of 2.x:
/// `format`, `strategy`, `extended_context`, `description` of each type, more types, other defaults.
/// `stored`: what the task had before; empty for a create. Throws BadForm.
boost::json::object with_later_settings(boost::json::object configuration, const boost::json::object& form,
                                        const boost::json::object& stored);

/// The stored settings as 2.x shows them: without `embed_sources`, `html` and `markdown` only where they were
/// sent.
std::string shown_settings(std::string_view configuration);

/// The contract's chunks as 2.x has them, by the stored settings: `content` is HTML or Markdown, `text` the
/// plain text, and no other.
std::string later_chunks(std::string_view chunks, std::string_view configuration);

}  // namespace chunkrd::local::server
