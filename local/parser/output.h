#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "local/parser/chunks.h"

namespace chunkrd::local {

/// A new random UUID, in lower case.
std::string make_uuid();

/// Writes `<directory>/output.json`: the contract's OutputResponse without the addresses that only the
/// server knows. Boxes of `ocr` are counted from their segment's corner. Throws std::system_error.
void write_output(const std::filesystem::path& directory, std::uint32_t page_count,
                  const std::vector<Chunk>& chunks);

}  // namespace chunkrd::local
