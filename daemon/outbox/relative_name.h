#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::outbox {

/// A name that could lead out of the folder it is meant for.
class UnsafeName : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The path of a document below an inbox, outbox, archive or failed folder: bytes, not text.
class RelativeName {
 public:
  /// Throws UnsafeName if `bytes` is empty or absolute, or has a NUL or a component that is empty, ".", "..",
  /// longer than 255 bytes, or ".chunkrd" (which is ours in each of these folders).
  explicit RelativeName(std::string_view bytes);

  const std::vector<std::string>& folders() const noexcept { return folders_; }
  /// The last component.
  const std::string& base() const noexcept { return base_; }

 private:
  std::vector<std::string> folders_;
  std::string base_;
};

/// What tells two documents of one name apart.
struct Marks {
  std::string sha256;  ///< of the original; may be empty
  std::string job_id;
};

/// `base`, so far shortened that `suffix_bytes` more make a legal file name. A shortened name keeps its
/// ending and gets a hash of the whole name, so that two long names stay two: "long long na~1a2b3c4d.pdf".
std::string fitted(std::string_view base, std::size_t suffix_bytes);

/// The `n`-th name to try for a document that is called `base`: itself, "report~<sha8>.pdf",
/// "report~<sha8>-<end of the job id>.pdf", then counted. Each leaves room for `suffix_bytes`.
std::string candidate(unsigned n, std::string_view base, const Marks& marks, std::size_t suffix_bytes);

/// No directory has so many documents of one name, content and job: past it, something else is wrong.
inline constexpr unsigned kCandidatesMax = 100;

}  // namespace chunkrd::outbox
