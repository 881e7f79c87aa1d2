#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "artifacts/artifacts.h"

/// The files that belong to a result but are not in it: the PDF and the segments' pictures. The result has
/// their signed addresses, or with `base64_urls` the files themselves.
///
/// Blocking: file pool. All throw std::system_error.
namespace chunkrd::artifacts {

/// What lies in the folder in which a delivery is prepared.
inline constexpr const char* kResultName = "task.json";
inline constexpr const char* kPdfName = "document.pdf";
/// Instead of the PDF, when the service says that there is none (a text document may have none).
inline constexpr const char* kNoPdfName = "document.no-pdf";
inline constexpr const char* kPicturesName = "images";
inline constexpr const char* kReportName = "report.html";

struct FilesWanted {
  bool pdf = false;
  bool pictures = false;
};

/// A result that was read through, and where its files are to be had.
struct Files {
  Summary summary;
  bool has_pdf = false;                ///< it was in the result and lies in the folder
  std::optional<std::string> pdf_url;  ///< signed: use at once, never log
  std::string missing_pictures;        ///< for people: which have neither content nor an address, if any
};

/// As inspect() does it for the result in `folder`, and writes the wanted files that are in the result into
/// it. The pictures' addresses are kept in a file there, because there may be many: see PictureList. What an
/// earlier call has left of both goes first, and a report that was made of them.
std::variant<Files, Broken> take_files(const std::filesystem::path& folder, FilesWanted wanted);

/// The pictures that take_files() has found addresses of.
class PictureList {
 public:
  struct Picture {
    std::filesystem::path into;
    std::string url;  ///< signed
  };

  explicit PictureList(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// At most `count` more; empty at the end.
  std::vector<Picture> next(std::size_t count);

 private:
  std::filesystem::path folder_;
  std::uint64_t offset_ = 0;
};

/// What is wrong with the content of a file that was fetched or was in the result, for people: it does not
/// begin as a PDF, or as a picture (JPEG, PNG, GIF, WebP, TIFF, BMP), does. A storage that wants a sign-in
/// sends its page with a 200.
std::optional<std::string> fault_of_pdf(const std::filesystem::path& file);
std::optional<std::string> fault_of_picture(const std::filesystem::path& file);

/// Makes the files in `folder` durable, each under the name that it keeps, and ends the list.
void keep_files(const std::filesystem::path& folder, FilesWanted wanted);

}  // namespace chunkrd::artifacts
