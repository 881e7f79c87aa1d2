#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
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

/// `base` as every file system takes it, for one that has refused it: what FAT, NTFS and shares of Windows do
/// not have in a name ("*:<>?\\| and control characters, bytes that are no UTF-8, a dot or a blank at the
/// end, names of devices) as %XX, and no longer than eCryptfs can. Naming a file, Microsoft:
/// https://learn.microsoft.com/en-us/windows/win32/fileio/naming-a-file
std::string portable(std::string_view base, std::size_t suffix_bytes);

/// Whether such an error may come of the name: it says that there cannot be one like this. Windows' shares
/// answer as if it were not there (ENOENT).
bool may_be_the_name(const std::error_code& error) noexcept;

/// The `n`-th name to try for a document that is called `base`: itself, "report~<sha8>.pdf",
/// "report~<sha8>-<end of the job id>.pdf", then counted. Each leaves room for `suffix_bytes`.
std::string candidate(unsigned n, std::string_view base, const Marks& marks, std::size_t suffix_bytes);

/// No directory has so many documents of one name, content and job: past it, something else is wrong.
inline constexpr unsigned kCandidatesMax = 100;

}  // namespace chunkrd::outbox
