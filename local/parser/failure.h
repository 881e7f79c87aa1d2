#pragma once

#include <stdexcept>

namespace chunkrd::local {

/// A document that cannot be parsed, for a reason its owner should read: the text becomes the task's
/// message. One line, a sentence without the closing dot.
class DocumentFailure : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace chunkrd::local
