#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "local/parser/order.h"
#include "local/parser/segment.h"

namespace chunkrd::local {

/// Segments that go into one embedding: the contract's Chunk.
struct Chunk {
  std::vector<Segment> segments;
  std::string embed;         ///< the texts that the settings ask for, a line break between segments
  std::uint32_t length = 0;  ///< of `embed`, counted with the settings' tokenizer
};

/// Size of `text`. Words are counted; a subword tokenizer is estimated at four bytes a token.
std::uint32_t count_tokens(std::string_view text, Tokenizer tokenizer);

/// Puts rendered segments together, in their order, to chunks of about `target_length`: no segment is
/// divided, so one that is longer makes a longer chunk. A heading begins a new chunk once the open one is
/// half full, and is never left behind as a chunk's last segment. A target of 0 gives each its own chunk.
std::vector<Chunk> make_chunks(std::vector<Segment> segments, const ParseSettings& settings);

}  // namespace chunkrd::local
