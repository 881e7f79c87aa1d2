#pragma once

#include <string>
#include <string_view>
#include <vector>

/// What parsing needs of other Debian packages: the only list of it.
namespace chunkrd::local {

/// A program, or data of one, and the Debian package that has it.
struct Need {
  std::string_view name;  ///< "pdfinfo"; "the data eng of tesseract"
  std::string_view package;
};

/// The programs that the parser starts.
inline constexpr Need kPdfinfo{"pdfinfo", "poppler-utils"};
inline constexpr Need kPdftotext{"pdftotext", "poppler-utils"};
inline constexpr Need kPdftohtml{"pdftohtml", "poppler-utils"};
inline constexpr Need kPdftoppm{"pdftoppm", "poppler-utils"};
inline constexpr Need kTesseract{"tesseract", "tesseract-ocr"};

/// What tesseract knows of English, and of how a page is turned.
inline constexpr Need kEnglish{"the data eng of tesseract", "tesseract-ocr-eng"};
inline constexpr Need kTurns{"the data osd of tesseract", "tesseract-ocr-osd"};

/// What tells types of documents; the library cannot be without it, but for a package that was taken out by
/// force.
inline constexpr Need kMagic{"the database of libmagic", "libmagic-mgc"};

/// All of them, but for the last, that are not on this machine, or cannot be run. Looks along PATH, and asks
/// tesseract for its data. Blocking, some hundredths of a second. Throws std::system_error if the system
/// refuses a process.
std::vector<Need> missing_needs();

/// "tesseract is not installed on this machine (Debian package tesseract-ocr)".
std::string describe(const Need& missing);

}  // namespace chunkrd::local
