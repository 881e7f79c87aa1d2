#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chunkrd::inbox {

/// The folder that belongs to the daemon inside an inbox; never entered, never reported.
inline constexpr const char* kOwnFolder = ".chunkrd";

/// What is beside the document NAME under this ending has settings of its own for it.
inline constexpr std::string_view kSidecarEnding = ".chunkr.yaml";

/// Which base names are documents, and which are other programs' temporary files and litter.
class Names {
 public:
  enum class Verdict {
    document,
    ignored,  ///< temporary, hidden, litter, or one of the user's patterns
    sidecar,  ///< *.chunkr.yaml: goes with its document, and waits for it
  };

  /// `ignore`: fnmatch(3) patterns, case-sensitive; the built-in ones are not.
  explicit Names(std::vector<std::string> ignore);

  /// A file's base name: bytes.
  Verdict judge(const std::string& name) const;

  /// Whether a folder of this base name is entered.
  bool enters(const std::string& name) const;

 private:
  std::vector<std::string> ignore_;
};

}  // namespace chunkrd::inbox
